// The result's schema and formats, and the arithmetic of rows.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { contestantNamed, inPrecisions } from "../src/contestant-name.js";
import { asCsv, asJsonLines } from "../src/formats.js";
import { renderBenchPage } from "../src/node/page/index.js";
import { suiteNamed } from "../src/node/suites.js";
import { withRatios } from "../src/ratios.js";
import {
  type BenchDocument,
  benchDocument,
  benchJsonSchema,
  benchProblem,
  readBench,
  schemaName,
} from "../src/result.js";
import { rowOf } from "../src/row.js";
import { withShares } from "../src/shares.js";
import { medianInterval } from "../src/statistics.js";
import type { Suite } from "../src/suite.js";
import { asMarkdown, benchTable } from "../src/table.js";

const measured = {
  ...{
    device: "a device",
    fallback: null,
    processes: [2],
    machine: [0.01, 0.01],
    processor: [0.02],
    joules: 0,
    residentBytes: 1e8,
    deviceBytes: null,
  },
  engaged: { fused: [], decomposed: [], launches: 1, precision: "f32" },
  warmup: { runs: 3, seconds: 0.1, steady: true },
  parity: { agrees: true, error: 0, tolerance: 1e-5, against: "the reference" },
};
const rows = withShares([
  rowOf(suiteNamed("gemm-peak") as Suite, { name: "large", size: {} }, "one", {
    ...{ ...measured, work: { flops: 2e9 }, turns: [[0.02, 0.01], [0.02]] },
  }),
  rowOf(suiteNamed("step") as Suite, { name: "2Lx64", size: {} }, "one", {
    ...{ ...measured, work: { flops: 1e9, tokens: 256 }, turns: [[0.01], [0.01]] },
  }),
]);
const document: BenchDocument = {
  schema: schemaName,
  environment: {
    ...{ cambium: "0", commit: null, node: "v20", platform: "linux-x64", cpu: "a, b", cores: 2, memory: 1 },
    ...{ governor: null, energy: null, backends: [], date: "2026-01-01T00:00:00Z", load: [0, 0], hash: "0" },
  },
  ...{ rows, failures: [], quick: false, complete: true },
};

test("the published JSON Schema equals the schema in the sources", () => {
  const published = readFileSync(new URL("../bench.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(benchJsonSchema())));
  expect(benchDocument.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
});

test("results of earlier versions are read, with null for what they did not say", () => {
  const [{ engaged: now }] = rows as [BenchDocument["rows"][0], ...unknown[]];
  const { half, replay, attention, features, ...engaged } = now;
  const second = { ...document, schema: "cambium-bench/2", rows: rows.map((row) => ({ ...row, engaged })) };
  expect(readBench(second)).toEqual(document);
  const { providers, ...less } = engaged;
  const first = rows.map(({ processes, processor, ...row }) => ({ ...row, engaged: less }));
  const read = readBench({ ...document, schema: "cambium-bench/1", rows: first });
  expect(read?.rows[0]).toMatchObject({ engaged: { providers: null, replay: null, half: [] }, processes: [2] });
  expect(readBench({ ...document, schema: "cambium-bench/4" })).toBeUndefined();
  // What is wrong with one is named, and nothing that its version did not have.
  const wrong = second.rows.map((row) => ({ ...row, unit: "miles" }));
  expect(benchProblem({ ...second, rows: wrong })).toMatch(/^at rows.0.unit: /);
});

test("a share refers to the best product of the same contestant", () => {
  // 1 GFLOP in 10 ms, of 2 GFLOP in 10 ms at best.
  expect(rows.map(({ median, peakShare }) => [median, peakShare])).toEqual([
    [100, null],
    [25600, 0.5],
  ]);
});

test("an interval contains the median, and is a point if all samples are equal", () => {
  expect(medianInterval([[2, 2], [2]])).toEqual([2, 2]);
  const [low, high] = medianInterval([
    [1, 2],
    [3, 4],
    [2, 3],
  ]);
  expect(low).toBeLessThanOrEqual(2.5);
  expect(high).toBeGreaterThanOrEqual(2.5);
});

test("the formats have a line for every row", () => {
  expect(asCsv(document).split("\n")).toHaveLength(3);
  expect(
    asJsonLines(document)
      .split("\n")
      .map((line) => JSON.parse(line).case),
  ).toEqual(["large", "2Lx64"]);
  expect(asMarkdown(document)).toContain("| step 2Lx64 | one | 25600 |");
});

test("every format says how fast a row is beside the fastest of those named, with the same interval", async () => {
  const turns = (seconds: number) => [1, 1.01, 0.99].map((times) => [seconds * times]);
  const one = (name: string, seconds: number, agrees = true) =>
    rowOf(suiteNamed("train") as Suite, { name: "2Lx64", size: {} }, name, {
      ...{ ...measured, work: { flops: 1e9, tokens: 256 }, turns: turns(seconds), processes: [3], machine: [1, 1, 1] },
      parity: { ...measured.parity, agrees },
    });
  const names = ["slow", "fast", "wrong"];
  const all = withRatios([one("ours", 0.01), one("slow", 0.04), one("fast", 0.02), one("wrong", 0.001, false)], names);
  expect(all.map(({ ratio }) => ratio?.value.toFixed(3))).toEqual(["2.000", "0.500", undefined, undefined]);
  const ratio = all[0]?.ratio as { interval: [number, number] };
  const [low, high] = ratio.interval.map((end) => end.toFixed(2));
  expect([Number(low) < 2, Number(high) > 2]).toEqual([true, true]);
  const shown = { ...document, rows: all };
  expect(asMarkdown(shown)).toContain(`| 2.00 (${low}–${high}) × fast |`);
  expect(await renderBenchPage(shown)).toContain(`2.00 (${low}–${high}) × fast`);
  expect(asCsv(shown)).toContain(`,fast,${Object.values(ratio).slice(1).flat().join()},`);
  expect(benchDocument.parse(JSON.parse(JSON.stringify(shown))).rows[0]?.ratio).toEqual(ratio);
  // A product that is faster than the fastest says that the peak was disturbed.
  const shares = [1.02, 1.2].map((peakShare) =>
    asMarkdown({ ...document, rows: [{ ...one("ours", 0.01), peakShare }] }),
  );
  expect(shares.map((text) => /beyond the peak/.test(text))).toEqual([false, true]);
  // Without names there is no column, also for rows that had one.
  expect(asMarkdown({ ...document, rows: withRatios(all) })).not.toContain("ratio");
});

test("tables say of a contestant what all of its rows engage, and of a row the rest", () => {
  const words = [
    { replay: "plan", attention: null, features: ["f"] },
    { replay: "plan", attention: "fused", features: ["f"], fallback: "not that one" },
  ] as const;
  const engaged = rows.map((row, i) => ({ ...row, engaged: { ...row.engaged, ...words[i] } }));
  const backends = [{ name: "one", device: "d", version: "7" }];
  const told = { ...document, rows: engaged, environment: { ...document.environment, backends } } as BenchDocument;
  expect(benchTable(told).contestants).toEqual(["one: d; 7; replay: plan, f; fallback: not that one"]);
  expect(asMarkdown(told)).toContain("- `one`: d; 7; replay: plan, f");
  expect(benchTable(told).rows.map((cells) => cells.slice(-2))).toEqual([
    ["", ""],
    ["fused attention", "fallback"],
  ]);
});

test("a contestant is a backend and its options", () => {
  expect(contestantNamed("tfjs:engine=wasm:profile=true")).toMatchObject({
    backend: "tfjs",
    options: { engine: "wasm", profile: true },
  });
  expect(contestantNamed("tfjs:engine=node@bf16")).toMatchObject({ options: { engine: "node" }, precision: "bf16" });
  expect(contestantNamed("@cambium/backend-onnx")).toMatchObject({
    backend: "@cambium/backend-onnx",
    precision: "f32",
  });
  expect(() => contestantNamed("onnx@fp8")).toThrow(expect.objectContaining({ code: "E_OPTION" }));
  expect(inPrecisions(["onnx", "tfjs@bf16"], ["f32", "bf16"])).toEqual(["onnx", "onnx@bf16", "tfjs@bf16"]);
  expect(contestantNamed("C:\\mine.js:threads=2")).toMatchObject({ backend: "C:\\mine.js", options: { threads: 2 } });
  expect(contestantNamed("file:///mine.js")).toMatchObject({ backend: "file:///mine.js", options: {} });
});
