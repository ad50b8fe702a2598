// StagedTraining's width through the conformance suite, and its moments against autograd.
import {
  describeOperator,
  difference,
  gradientRuleError,
  growExactly,
  logits,
  randomWeights,
} from "@cambium/growth/conformance";
import { llama, modelSpec } from "@cambium/model";
import { expect, test } from "vitest";
import stagedWidth from "../src/index.js";

const gqa = { heads: 4, kvHeads: 2, headDim: 4 };

describeOperator(stagedWidth, {
  cases: [
    { name: "untied" },
    { name: "GQA, tied", base: { ...gqa, tied: true } },
    { name: "norms within heads", base: { ...gqa, family: "qwen3" } },
    { name: "biases, tied", base: { ...gqa, family: "qwen2", tied: true } },
  ],
  refuses: [
    { options: { factor: 3 }, code: "E_GROWTH_SIZES" },
    { options: { hidden: 16 }, code: "E_GROWTH_SIZES" },
    { options: { layers: 12 }, code: "E_GROWTH_OPTION" },
  ],
});

test.each([false, true])("tied: %s: logits and gradients are what the plan says, in float64", async (tied) => {
  const sizes = { vocab: 97, hidden: 32, intermediate: 56, layers: 3, heads: 4, kvHeads: 2, headDim: 8 };
  const base = modelSpec(llama, { ...sizes, contextLength: 32, tied });
  const plan = stagedWidth.plan(base);
  const weights = randomWeights(base, "staged");
  const made = await growExactly(plan, weights);
  expect(difference(logits(plan.target, made), logits(base, weights))).toBeLessThanOrEqual(1e-13);
  // The empty blocks have gradients too, but the method starts them without moments.
  expect(await gradientRuleError(plan, weights)).toBeLessThanOrEqual(1e-12);
});
