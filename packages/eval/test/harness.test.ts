// Eight tasks against lm-evaluation-harness 0.4.13 on the same models and rows (tools/golden/eval_tasks.py): every
// log-likelihood, every figure.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Device, resolveBackend } from "@cambium/backend";
import { openModelDirectory } from "@cambium/checkpoint";
import { findTokenizer } from "@cambium/data/node";
import { builtInTasks, type EvalAnswer, type EvalTask, evaluate, harnessResults } from "@cambium/eval";
import { findDataSet, readDataSet } from "@cambium/eval/node";
import { Scorer } from "@cambium/inference";
import type { HostTensor } from "@cambium/ir";
import { parameterTable, readHfModel, sizesAlong } from "@cambium/model";
import { nodeImporter } from "@cambium/plugin/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeEvalModels } from "./support/models.js";

const golden = fileURLToPath(new URL("golden/", import.meta.url));
const names = ["mha", "gqa-tied", "qwen3"];
const tasks = builtInTasks.filter(({ dataset }) => dataset !== undefined);

interface Golden {
  readonly logLikelihoods: readonly (readonly number[])[];
  readonly greedy: readonly (readonly boolean[])[];
  readonly results: Readonly<Record<string, number | string>>;
}

let folder: string;
let device: Device;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cambium-eval-"));
  await writeEvalModels(folder);
  device = await (await resolveBackend("onnx", nodeImporter(import.meta.dirname))).open({ threads: 1 });
});
afterAll(async () => {
  expect(await device.memory()).toMatchObject({ tensors: 0, executables: 0 });
  await device.close();
  await rm(folder, { recursive: true });
});

/** The task with all answers kept. */
function recorded(task: EvalTask) {
  const answers: (readonly EvalAnswer[])[] = [];
  const sample: EvalTask["sample"] = (document, given, options) => {
    answers.push(given);
    return task.sample(document, given, options);
  };
  return { task: { ...task, sample }, answers };
}

describe.each(names)("%s", (name) => {
  let scorer: Scorer;
  let tokenizer: Awaited<ReturnType<typeof findTokenizer>>;
  let expected: Record<string, Golden>;
  beforeAll(async () => {
    const path = join(folder, name);
    await using directory = await openModelDirectory(path);
    const model = readHfModel(directory.configJson);
    const weights: Record<string, HostTensor> = {};
    for (const { name: tensor } of parameterTable(model)) weights[tensor] = await directory.read(tensor);
    scorer = await Scorer.open(device, model, weights);
    tokenizer = await findTokenizer(path, sizesAlong(model, ["vocab"]).vocab);
    expected = JSON.parse(await readFile(join(golden, `${name}.json`), "utf8"));
  });
  afterAll(() => scorer.dispose());

  test.each(tasks.map((task) => task.name))("%s", async (taskName) => {
    const { task, answers } = recorded(tasks.find((one) => one.name === taskName) as EvalTask);
    const { rows, all } = await readDataSet(await findDataSet(join(golden, "rows"), task));
    const evaluated = await evaluate({ task, rows, scorer, tokenizer });
    const { logLikelihoods, greedy, results } = expected[taskName] as Golden;
    expect(rows.length).toBeGreaterThanOrEqual(200);
    expect(answers.length).toBe(logLikelihoods.length);
    for (const [row, given] of answers.entries()) {
      // Sums of up to a few hundred float32 figures of two programs, and four digits in the golden file.
      for (const [i, { logLikelihood }] of given.entries())
        expect(Math.abs(logLikelihood - (logLikelihoods[row]?.[i] as number)), `row ${row}, request ${i}`).toBeLessThan(
          1e-3,
        );
      if (greedy[row]?.length) expect(given.map((answer) => answer.greedy)).toEqual(greedy[row]);
    }
    const ours = harnessResults([evaluated], { [taskName]: all }).results[taskName] ?? {};
    expect(
      Object.keys(ours)
        .filter((key) => key !== "alias")
        .sort(),
    ).toEqual(Object.keys(results).sort());
    for (const [key, value] of Object.entries(results)) compare(key, ours[key], value);
  });
});

function compare(key: string, got: number | string | undefined, expected: number | string): void {
  if (typeof expected === "string") {
    expect(got, key).toBe(expected);
    return;
  }
  const off = Math.abs(Number(got) - expected) / Math.abs(expected || 1);
  // Of 1,000 resamplings each, two standard errors by bootstrap differ by 3 % at one standard deviation.
  const allowed = key === "perplexity_stderr,none" ? 0.15 : key.startsWith("acc") ? 1e-12 : 1e-4;
  expect(off, key).toBeLessThanOrEqual(allowed);
}
