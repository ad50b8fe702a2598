// G_zero in width through the conformance suite. tools/test/figures measures what it keeps of the function.
import { describeOperator } from "@cambium/growth/conformance";
import zeroWidth from "../src/index.js";

const gqa = { layers: 2, heads: 4, kvHeads: 2, headDim: 4 };
const two = { layers: 2 };
const tied = { layers: 2, tied: true };
const code = "E_GROWTH_SIZES";

describeOperator(zeroWidth, {
  gradients: true,
  unsuited: ["kvHeads"],
  cases: [
    { base: { ...gqa, kvHeads: 4 }, options: { factor: 1.5 }, gradients: true },
    { base: { ...tied, kvHeads: 1 }, options: { hidden: 20 }, gradients: true },
    { base: tied, options: { factor: 4, normMode: "sqrt-mu" } },
    { base: two, options: { hidden: 13, normMode: "sqrt-mu" } },
    { base: { ...gqa, family: "qwen3" }, options: { heads: 6 } },
    { base: { ...gqa, family: "qwen2", tied: true }, options: { hidden: 11, intermediate: 20 } },
    { name: "dead neurons", base: two, options: { intermediate: 20, variant: "eq14" } },
    { base: gqa, options: { variant: "eq14", std: 0.3 } },
    { base: tied, options: { hidden: 12, variant: "eq14" } },
  ],
  refuses: [
    { base: gqa, options: { heads: 8, variant: "eq14" }, code },
    { base: { family: "qwen3" }, options: { hidden: 16, normMode: "sqrt-mu" }, code },
  ],
});
