// StagedTraining's width through the conformance suite, and its moments against autograd.
import { referenceBackend } from "@cambium/backend";
import { growState } from "@cambium/growth";
import { describeOperator } from "@cambium/growth/conformance";
import { initParameters, llama, type ModelSpec, modelSpec, type TrainingState } from "@cambium/model";
import { freshState, Trainer } from "@cambium/train";
import { expect, test } from "vitest";
import stagedWidth from "../src/index.js";

describeOperator(stagedWidth, {
  gradients: true,
  unsuited: ["hidden", "intermediate", "heads", "heads and kvHeads", "kvHeads", "nothing"],
  refuses: [
    { options: { factor: 3 }, code: "E_GROWTH_SIZES" },
    { options: { hidden: 16 }, code: "E_GROWTH_SIZES" },
  ],
});

test("with its state carried, the grown run continues where the base's would have been, within 1e-4", async () => {
  const sizes = { vocab: 19, hidden: 8, intermediate: 12, layers: 2, heads: 2, headDim: 4, contextLength: 8 };
  const base = modelSpec(llama, sizes);
  const plan = stagedWidth.plan(base);
  await using device = await referenceBackend.open();
  const losses = async (model: ModelSpec, from: TrainingState, steps: readonly number[]) => {
    using trainer = await Trainer.open({ device, model, batch: 2, context: 8 });
    await trainer.load(from);
    const seen: number[] = [];
    for (const step of steps) {
      const tokens = Int32Array.from({ length: 18 }, (_, i) => (7 * i + 5 * step + (i % 4)) % 19);
      seen.push((await trainer.step([tokens], step < 4 ? 1e-3 : 1e-3 / 150)).loss);
    }
    return { seen, state: await trainer.state() };
  };
  const start = freshState(initParameters(base, { seed: "staged", scheme: "paper" }));
  const { state } = await losses(base, start, [0, 1, 2, 3]);
  const went = await losses(base, state, [4, 5]);
  const carried = await losses(plan.target, await growState(plan, state, { moments: "carry" }), [4, 5]);
  // Before its first step, and after it: the new warm-up, of 150 steps, has just begun.
  for (const at of [0, 1])
    expect(Math.abs((carried.seen[at] as number) - (went.seen[at] as number))).toBeLessThan(1e-4);
});
