// cambium eval: results under the harness's keys, an interrupted evaluation that continues, and every mistake at once.
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostSources, writeModelDirectory } from "@cambium/checkpoint";
import { initParameters, llama, modelSpec, writeHfModel } from "@cambium/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cambium, json, output } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "cambium-eval-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const model = join(folder, "model");
const data = join(folder, "data");
const rows = Array.from({ length: 12 }, (_, i) => ({
  question: `Which number is ${i}?`,
  choices: { text: [`${i}`, "none", `${i + 1}`], label: ["A", "B", "C"] },
  answerKey: "ABC"[i % 3],
}));
const lines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join("");
const onReference = ["--data", data, "--backend", "reference"];

beforeAll(async () => {
  const spec = modelSpec(llama, { layers: 1, vocab: 256, hidden: 8, intermediate: 8, heads: 2, contextLength: 48 });
  const tensors = hostSources(initParameters(spec, { seed: "eval", scheme: "hf" }), "f32");
  await writeModelDirectory(model, { configJson: writeHfModel(spec, { dtype: "f32" }), tensors });
  mkdirSync(join(data, "ai2_arc", "ARC-Challenge"), { recursive: true });
  writeFileSync(join(data, "arc_easy.jsonl"), lines(rows));
  writeFileSync(join(data, "ai2_arc", "ARC-Challenge", "test.json"), JSON.stringify(rows));
  writeFileSync(join(data, "ai2_arc", "ARC-Challenge", "train.json"), JSON.stringify(rows.slice(0, 1)));
});

test("finds a task's file and the hub's folder, and prints the harness's keys", async () => {
  const shown = await json("eval", model, ...onReference, "--out", join(folder, "a"), "--limit", "10");
  const results = shown["results"] as Record<string, Record<string, number>>;
  expect(Object.keys(results).sort()).toEqual(["arc_challenge", "arc_easy"]);
  expect(results["arc_easy"]?.["acc,none"]).toBe(results["arc_challenge"]?.["acc,none"]);
  expect(results["arc_easy"]?.["acc_stderr,none"]).toBeGreaterThan(0);
  expect(shown["n-samples"]).toMatchObject({ arc_challenge: { original: 12, effective: 10 } });
  expect(JSON.parse(readFileSync(join(folder, "a", "results.json"), "utf8"))).toEqual(shown);
  const table = await output("eval", model, ...onReference, "--out", join(folder, "a"), "--tasks", "arc_easy");
  expect(table).toMatch(/arc_easy.*12 of 2376.*acc ↑/);
});

test("continues from the scores of an interrupted evaluation, but not from scores of other rows", async () => {
  const out = join(folder, "b");
  const args = [...onReference, "--tasks", "arc_easy", "--out", out, "--batch-tokens", "64"];
  const whole = await json("eval", model, ...args);
  const file = join(out, "arc_easy.scores.jsonl");
  const scores = readFileSync(file, "utf8").trimEnd().split("\n");
  writeFileSync(file, `${scores.slice(0, 8).join("\n")}\n${scores[8]?.slice(0, 9)}`);
  expect(await json("eval", model, ...args)).toEqual(whole);
  expect(new Set(readFileSync(file, "utf8").trimEnd().split("\n")).size).toBe(scores.length);
  writeFileSync(join(data, "arc_easy.jsonl"), lines(rows.slice(0, 6)));
  const other = await json("eval", model, ...args);
  expect(other["n-samples"]).toMatchObject({ arc_easy: { effective: 6 } });
  writeFileSync(join(data, "arc_easy.jsonl"), lines(rows));
});

test("a task gets its own options, and scores with others are not reused", async () => {
  const task = join(folder, "facts.mjs");
  const takes = (given: object) =>
    Object.keys(given).some((key) => key !== "shots")
      ? { success: false, error: { issues: [{ path: [], message: "only shots" }] } }
      : { success: true, data: { shots: 0, ...given } };
  writeFileSync(
    task,
    `export default {
      ...{ name: "facts", version: "1.0.0", summary: "For a test.", contract: 1 },
      options: { safeParse: ${takes} },
      document: { safeParse: (data) => ({ success: true, data }) },
      requests: ({ question }, { shots }) => [
        { kind: "continuation", context: "Why? ".repeat(shots) + question, continuation: " a" },
      ],
      sample: (_, [answer]) => ({ sum: answer.logLikelihood }),
      metrics: { sum: { better: "higher", of: ([{ sum }]) => ({ value: sum }) } },
    };`,
  );
  writeFileSync(join(data, "facts.jsonl"), lines(rows.slice(0, 2)));
  const args = [...onReference, "--tasks", task, "--out", join(folder, "options")];
  const figure = async (...more: string[]) => {
    const { results } = await json("eval", model, ...args, ...more);
    return (results as Record<string, Record<string, number>>)["facts"]?.["sum,none"];
  };
  const plain = await figure();
  expect(await figure("--task-option", "facts.shots=2")).not.toBe(plain);
  expect(await figure("--task-option", "facts.shots=0")).toBe(plain);
  for (const [option, message] of [
    ["facts.shot=2", /E_EVAL_OPTION[\s\S]*only shots/],
    ["fact.shots=2", /E_OPTION[\s\S]*an option of facts/],
    ["shots=2", /TASK\.KEY=VALUE/],
  ] as const)
    expect((await cambium(["eval", model, ...args, "--task-option", option])).errors).toMatch(message);
});

test("reports every mistake at once, and a row that does not have the task's shape", async () => {
  const wrong = await cambium(["eval", join(folder, "nowhere"), "--data", data, "--tasks", "piqa,sciq"]);
  expect(wrong.code).toBe(2);
  for (const part of ["piqa.jsonl", "sciq.jsonl", "nowhere"]) expect(wrong.errors).toContain(part);
  appendFileSync(join(data, "arc_easy.jsonl"), '{"question": "Why?"}\n');
  // The task before it is not evaluated first.
  const row = await cambium(["eval", model, ...onReference, "--out", join(folder, "c")]);
  expect([row.code, row.errors]).toEqual([2, expect.stringMatching(/E_EVAL_DATA[\s\S]*arc_easy\.jsonl[\s\S]*row 12/)]);
  expect(existsSync(join(folder, "c"))).toBe(false);
  appendFileSync(join(data, "arc_easy.jsonl"), "{not json\n");
  const line = await cambium(["eval", model, ...onReference, "--tasks", "arc_easy", "--out", join(folder, "c")]);
  expect(line.errors).toMatch(/E_ROWS[\s\S]*arc_easy\.jsonl:14/);
  const none = await cambium(["eval", model, ...onReference, "--tasks", " , "]);
  expect([none.code, none.errors]).toEqual([2, expect.stringMatching(/E_OPTION: --tasks/)]);
});
