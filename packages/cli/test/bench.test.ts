// cambium bench as a user runs it, on the null backend, which computes nothing: every row is present and none counts.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BenchDocument, benchDocument } from "@cambium/bench";
import { backendContestant, fileContestant, runBench } from "@cambium/bench/node";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, expect, test } from "vitest";
import { cambium, json } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-bench-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const measure = ["bench", "--suite", "gemm", "--backend", "null", "--quick"];
const read = (path: string) => benchDocument.parse(JSON.parse(readFileSync(path, "utf8")));

const schema = JSON.parse(readFileSync(new URL("../../bench/bench.schema.json", import.meta.url), "utf8"));

/** Standard output is one document by the published schema, and nothing else; the lines beside it are its rows. */
function expectPublished({ output, errors }: { output: string; errors: string }): void {
  const ajv = new Ajv2020({ strict: true });
  const document = JSON.parse(output);
  ajv.validate(schema, document);
  expect(ajv.errors).toBeNull();
  // A line of its own says why the command fails.
  const lines = errors.split("\n").flatMap((line) => (line.startsWith('{"environment"') ? [JSON.parse(line)] : []));
  expect(lines.length).toBe(document.rows.length);
  for (const { environment, ...row } of lines) {
    expect(environment).toBe(document.environment.hash);
    ajv.validate(schema.properties.rows.items, row);
    expect(ajv.errors).toBeNull();
  }
  expect(ajv.validate(schema, { ...document, schema: "cambium-bench/0" })).toBe(false);
}

test("rows that do not count are printed, kept, and fail the command; the same command continues", {
  timeout: 60_000,
}, async () => {
  const args = [...measure, "--out", at("a.json"), "--history", at("history.jsonl"), "--csv", "--also", "md"];
  const { code, output, errors } = await cambium(args);
  expect([code, output.split("\n")[0]]).toEqual([2, expect.stringMatching(/^suite,case,backend/)]);
  expect(errors).toContain("DOES NOT COUNT");
  const first = read(at("a.json"));
  expect(first).toMatchObject({ schema: "cambium-bench/3", complete: true, failures: [] });
  expect(first.rows.map(({ suite }) => suite)).toEqual(["gemm-peak", "stream-peak", "gemm", "gemm"]);
  expect(readFileSync(at("a.html"), "utf8")).toContain("Cambium benchmark");
  // The history keeps only rows that count.
  expect(readFileSync(at("history.jsonl"), "utf8")).toBe("");

  const again = await cambium([...measure, "--out", at("a.json"), "--json", "--also", "jsonl"]);
  expect(read(at("a.json")).rows).toEqual(first.rows);
  expectPublished(again);
  const another = [...measure.filter((word) => word !== "--quick"), "--out", at("a.json")];
  expect(await cambium(another)).toMatchObject({ code: 2, errors: expect.stringContaining("E_BENCH_FILE") });
});

test("an interrupted run keeps what it measured, and a second run measures the rest", {
  timeout: 60_000,
}, async () => {
  const stop = new AbortController();
  const request = {
    ...{ suites: ["gemm"], contestants: [backendContestant("null", folder)], quick: true },
    files: fileContestant(folder),
  };
  const half = await runBench({ ...request, signal: stop.signal, onCase: () => stop.abort() });
  expect([half.complete, half.rows.length]).toEqual([false, 1]);
  const whole = await runBench({ ...request, earlier: half });
  expect([whole.complete, whole.rows.length]).toEqual([true, 4]);
  expect(whole.rows[0]).toEqual(half.rows[0]);
});

test("compare and history read the kept results", { timeout: 60_000 }, async () => {
  const document = JSON.parse(readFileSync(at("a.json"), "utf8")) as BenchDocument;
  for (const row of document.rows) row.parity.agrees = true;
  writeFileSync(at("b.json"), JSON.stringify(document));
  expect(await cambium(["bench", "compare", at("a.json"), at("b.json")])).toMatchObject({
    code: 2,
    errors: expect.stringContaining("E_BENCH_COMPARE"),
  });
  const { output } = await cambium(["bench", "compare", at("b.json"), at("b.json")]);
  expect(output).toContain("0 faster, 0 slower, 4 without a difference");
  const within = await json("bench", "compare", at("b.json"), "--backend", "null,null");
  expect(within["cases"]).toHaveLength(4);
  const line = {
    date: "2026-01-01T00:00:00",
    commit: null,
    environment: "0",
    suite: "gemm",
    case: "one",
    backend: "x",
  };
  writeFileSync(at("h.jsonl"), `${JSON.stringify({ ...line, unit: "s", median: 1, low: 1, high: 1 })}\n`);
  expect((await cambium(["bench", "history", at("h.jsonl")])).code).toBe(0);
  expect(readFileSync(at("h.html"), "utf8")).toContain("Run after run");
});

test.each([
  [["--suite", "nonsense"], "E_OPTION"],
  [["--json", "--csv"], "E_OPTION"],
  [["--backend", "nonsense"], "E_PLUGIN_MISSING"],
  [["--peer", "nonsense"], "E_PEER_MISSING"],
  [["--engine", "nonsense"], "E_PLUGIN_MISSING"],
  [["--suite", "gemm", "--backend", "none"], "E_OPTION"],
  [["--suite", "gemm", "--engine", "nonsense"], "E_OPTION"],
])("%j is refused before anything is measured", async (args, error) => {
  const { code, errors } = await cambium(["bench", ...args]);
  expect([code, errors]).toEqual([2, expect.stringContaining(error)]);
});
