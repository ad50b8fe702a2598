// G_zero in width: conformance, the function in float64 over a grid, and moments against autograd.
import {
  describeOperator,
  difference,
  gradientRuleError,
  growExactly,
  logits,
  randomWeights,
} from "@cambium/growth/conformance";
import { type DecoderInput, llama, modelSpec } from "@cambium/model";
import { describe, expect, test } from "vitest";
import zeroWidth from "../src/index.js";

const gqa = { heads: 4, kvHeads: 2, headDim: 4 };
const sizes = "E_GROWTH_SIZES";

describeOperator(zeroWidth, {
  cases: [
    { name: "all axes twice", options: {} },
    { name: "all axes twice, GQA, tied", base: { ...gqa, tied: true }, options: {} },
    { name: "hidden, sqrt-mu", options: { hidden: 13, normMode: "sqrt-mu" } },
    { name: "heads within groups, GQA, norms within heads", base: { ...gqa, family: "qwen3" }, options: { heads: 6 } },
    { name: "biases, tied", base: { ...gqa, family: "qwen2", tied: true }, options: { hidden: 11, intermediate: 20 } },
    { name: "intermediate, eq14: dead", options: { intermediate: 20, variant: "eq14" } },
    { name: "all axes, eq14", base: gqa, options: { variant: "eq14", std: 0.3 } },
    { name: "hidden, eq14, tied", base: { tied: true }, options: { hidden: 12, variant: "eq14" } },
    { name: "a factor of 1 is the identity", options: { factor: 1 } },
  ],
  refuses: [
    { options: { hidden: 4 }, code: sizes },
    { base: gqa, options: { kvHeads: 4 }, code: sizes },
    { base: gqa, options: { heads: 8, variant: "eq14" }, code: sizes },
    { base: { family: "qwen3" }, options: { hidden: 16, normMode: "sqrt-mu" }, code: sizes },
    { options: { normMode: "copy" }, code: "E_GROWTH_OPTION" },
  ],
});

function config(given: Partial<DecoderInput> = {}) {
  const small = { vocab: 31, hidden: 16, intermediate: 24, layers: 2, heads: 4, kvHeads: 2, headDim: 4 };
  // What f32 holds after scaling, since the graph holds eps so.
  return modelSpec(llama, { ...small, contextLength: 32, rmsNormEps: 2 ** -17, ...given });
}

const attention = { MHA: { kvHeads: 4 }, GQA: { kvHeads: 2 }, MQA: { kvHeads: 1 } };
describe.each(Object.entries(attention))("%s", (_, heads) => {
  test.each([1, 1.5, 2, 2.5, 4])(
    "hidden × %d, with the other axes twice: the logits are the base's",
    async (factor) => {
      for (const tied of [false, true])
        for (const variant of ["fanout", "eq14"])
          for (const normMode of factor === 2 || factor === 4 ? ["stream", "sqrt-mu"] : ["stream"]) {
            const base = config({ ...heads, tied });
            const grown = {
              hidden: 16 * factor,
              intermediate: 48,
              ...(factor > 1 && { heads: 8, kvHeads: 2 * heads.kvHeads }),
            };
            const plan = zeroWidth.plan(base, { ...grown, variant, normMode, std: 0.3 });
            const weights = randomWeights(base, "zero");
            const made = logits(plan.target, await growExactly(plan, weights));
            expect(difference(made, logits(base, weights))).toBeLessThanOrEqual(1e-12);
          }
    },
  );
});

test.each([{}, { tied: true }])("old entries have the gradients that the moment rules say: %j", async (given) => {
  const base = config(given);
  const plan = zeroWidth.plan(base, { hidden: 24, heads: 6, intermediate: 30, std: 0.3 });
  expect(await gradientRuleError(plan, randomWeights(base, "zero"))).toBeLessThanOrEqual(1e-12);
});
