// G_direct in width through the conformance suite, and what it refuses.
import { describeOperator } from "@cambium/growth/conformance";
import directWidth from "../src/index.js";

const gqa = { heads: 4, kvHeads: 2, headDim: 4 };
const sizes = "E_GROWTH_SIZES";

describeOperator(directWidth, {
  cases: [
    { name: "all axes twice", options: {} },
    { name: "all axes twice, GQA, tied, elem", base: { ...gqa, tied: true }, options: { split: "elem" } },
    {
      name: "all axes by 1.5, GQA, interleaved",
      base: { ...gqa, hidden: 12 },
      options: { factor: 1.5, map: "interleave" },
    },
    { name: "a factor of 1 is the identity", options: { factor: 1 } },
    {
      name: "intermediate 14 → 23, random, even",
      options: { intermediate: 23, map: "random", split: "even" },
      gradients: true,
    },
    {
      name: "heads and groups, scalar",
      base: gqa,
      options: { heads: 8, kvHeads: 4, split: "scalar" },
      gradients: true,
    },
    { name: "query heads alone, MQA", base: { kvHeads: 1 }, options: { heads: 6, split: "even" }, gradients: true },
    { name: "three times, tied, even", base: { tied: true }, options: { factor: 3, split: "even" }, gradients: true },
    { name: "hidden 8 → 13, scalar", options: { hidden: 13, split: "scalar" } },
    {
      name: "hidden 8 → 16, sqrt-mu",
      options: { hidden: 16, normMode: "sqrt-mu" },
    },
    { name: "hidden 8 → 12, norms copied", options: { hidden: 12, normMode: "copy" } },
    {
      name: "explicit, with new channels",
      options: { map: "explicit", maps: { hidden: [0, 1, 2, 3, 4, 5, 6, 7, -1, 3, -1] } },
    },
    { name: "rows from the layer above, GQA", base: { ...gqa, layers: 3 }, options: { rows: "next", split: "even" } },
    { name: "slower readers", options: { scaleLearningRates: true } },
    {
      name: "hidden 8 → 13, even, tied",
      base: { tied: true },
      options: { hidden: 13, split: "even" },
      gradients: true,
    },
  ],
  refuses: [
    { options: { hidden: 4 }, code: sizes },
    { options: { factor: 1.1 }, code: sizes },
    { base: gqa, options: { heads: 5 }, code: sizes },
    { base: gqa, options: { kvHeads: 3 }, code: sizes },
    { base: gqa, options: { kvHeads: 1 }, code: sizes },
    { options: { factor: 2, hidden: 16 }, code: sizes },
    { options: { map: "explicit" }, code: sizes },
    { options: { maps: { heads: [0, 1, 0, 1] } }, code: sizes },
    { options: { hidden: 12, normMode: "sqrt-mu" }, code: sizes },
    { options: { map: "explicit", maps: { hidden: [0, 1, 2, 3, 4, 5, 6, 6] } }, code: sizes },
    { options: { map: "explicit", maps: { hidden: [0, 1, 2, 3, 4, 5, 6, 7, 8] } }, code: sizes },
    { options: { map: "explicit", maps: { heads: [0, 1, -1, -1] } }, code: sizes },
    { base: gqa, options: { map: "explicit", maps: { heads: [0, 1, 2, 3, 0, 1, 2, 3] } }, code: sizes },
    { base: gqa, options: { map: "explicit", maps: { kvHeads: [0, 1, 0, 1] } }, code: sizes },
    { options: { map: "explicit", maps: { hidden: [-2] } }, code: "E_GROWTH_OPTION" },
    { options: { headDim: 8 }, code: "E_GROWTH_OPTION" },
    { options: { split: "odd" }, code: "E_GROWTH_OPTION" },
  ],
});
