// Several growths in one recipe: moments carried, padded and reset, a frozen stage, sub-models, masks, each re-warmed; stopped at any
// step of any stage and continued, all of it ends in the same bits.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parsePlan } from "@cambium/growth";
import { readHfModel } from "@cambium/model";
import type { PlannedStage, RecipeInput } from "@cambium/recipe";
import { readRows } from "@cambium/run-format/node";
import { expect, test } from "vitest";
import { type RunObserver, readParameters, runRecipe } from "../src/index.js";
import { importer, minimal, project, stages, weights } from "./support.js";

/** A step reads 16 tokens: two steps for each stage that grows, the masks open in the middle of the third of the last. */
const recipe: RecipeInput = {
  ...minimal,
  growth: [
    {
      ...{ operator: "stack", factor: 2, at: 32, moments: "carry" },
      submodels: { depths: [1, 2], top: 1, tokens: 16 },
    },
    { operator: "zero-depth", layers: 3, at: 32, moments: "pad", lr: 0.02, options: { frozen: true } },
    {
      operator: "random-masked",
      at: 32,
      warmup: 32,
      options: { intermediate: 12, hidden: 12, heads: 3, kvHeads: 3, layers: 4, phases: "together", maskTokens: 40 },
    },
  ],
  train: { tokens: 160, batch: 2, lr: 0.01, warmup: 16 },
  evaluate: { every: 16, tokens: 16 },
  compare: [],
};

async function parameters(stage: string) {
  const model = readHfModel(JSON.parse(readFileSync(join(stage, "model", "config.json"), "utf8")));
  return readParameters(join(stage, "model"), model);
}

test("gradual growth does at each growth what its recipe says, and ends in the same bits wherever it is stopped", async () => {
  const { folder, recipe: path, out } = project(recipe);
  const plans: PlannedStage[] = [];
  const observer: RunObserver = { onPlan: (arms) => void plans.push(...arms.flatMap((arm) => arm.stages)) };
  await runRecipe(path, { out, importer, observer });
  const undisturbed = weights(out);
  expect(Object.keys(undisturbed)).toEqual(["base", "stage-2", "stage-3", "target"]);
  expect(stages(out).map(({ manifest }) => manifest.growth?.moments)).toEqual([undefined, "carry", "pad", "reset"]);

  const [, second, third] = stages(out);
  const [before, after] = [await parameters(second?.path ?? ""), await parameters(third?.path ?? "")];
  const start = plans[2]?.stage.start;
  const frozen = start?.kind === "growth" ? parsePlan(JSON.parse(JSON.stringify(start.plan))).phase.frozen : [];
  expect(frozen.length).toBeGreaterThan(0);
  for (const [name, { data }] of Object.entries(after)) {
    // 2 → 3 layers, interleaved: the base's layers are 0 and 1, the copy of layer 1 behind it is new and trains.
    if (frozen.includes(name)) expect([name, data]).toEqual([name, before[name]?.data]);
    else expect(name).toContain("model.layers.2.");
  }

  const steps: [string, number, number][] = [];
  const rows = async (where: string) =>
    Promise.all(
      stages(where).map(async (stage) =>
        (await readRows(join(stage.path, "metrics.jsonl"))).map(({ step, loss, heldOutLoss, lr, gradNorm }) => {
          return [stage.manifest.name, step, loss, heldOutLoss, lr, gradNorm];
        }),
      ),
    );
  const expected = await rows(out);
  for (const row of expected.flat()) steps.push([String(row[0]), Number(row[1]), Number(row[4])]);
  const rates = (name: string) => steps.filter(([stage]) => stage === name).map(([, , lr]) => lr);
  expect([rates("stage-2"), rates("stage-3"), rates("target").slice(0, 3)]).toEqual([
    [0.01, 0.01],
    [0.02, 0.02],
    [0.005, 0.01, 0.01],
  ]);

  // In the middle of each stage; of the last, while masks are shut, half open, and open.
  for (const stopAfter of [1, 3, 5, 7, 8, 10]) {
    const again = join(folder, `stopped-${stopAfter}`);
    let seen = 0;
    const controller = new AbortController();
    const stop: RunObserver = { onMetrics: () => void (++seen === stopAfter && controller.abort()) };
    const { state } = await runRecipe(path, { out: again, importer, observer: stop, signal: controller.signal });
    expect(state).toBe("interrupted");
    expect((await runRecipe(path, { out: again, importer })).state).toBe("done");
    expect(weights(again)).toEqual(undisturbed);
    expect(await rows(again)).toEqual(expected);
  }
  rmSync(folder, { recursive: true });
}, 300_000);
