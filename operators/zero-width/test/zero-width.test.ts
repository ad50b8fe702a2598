// G_zero in width: conformance; all of it is what the suite proves. tools/test/function.test.mjs has the figures.
import { describeOperator } from "@cambium/growth/conformance";
import zeroWidth from "../src/index.js";

const gqa = { heads: 4, kvHeads: 2, headDim: 4 };
const sizes = "E_GROWTH_SIZES";

describeOperator(zeroWidth, {
  cases: [
    { name: "all axes twice", options: {}, gradients: true },
    { name: "all axes twice, GQA, tied", base: { ...gqa, tied: true }, options: {}, gradients: true },
    { name: "all axes by 1.5, GQA", base: { ...gqa, kvHeads: 4 }, options: { factor: 1.5 }, gradients: true },
    { name: "hidden by 2.5, MQA, tied", base: { kvHeads: 1, tied: true }, options: { hidden: 20 }, gradients: true },
    { name: "all axes four times, sqrt-mu, tied", base: { tied: true }, options: { factor: 4, normMode: "sqrt-mu" } },
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
