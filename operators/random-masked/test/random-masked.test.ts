// Masked random growth through the conformance suite. packages/growth/test/masks.test.ts has what opens when.
import { describeOperator } from "@cambium/growth/conformance";
import randomMasked from "../src/index.js";

const gqa = { layers: 2, heads: 4, kvHeads: 2, headDim: 4 };
const two = { layers: 2 };
const code = "E_GROWTH_SIZES";

describeOperator(randomMasked, {
  gradients: true,
  unsuited: ["kvHeads"],
  cases: [
    { options: { layers: 8 }, layers: [0, 1, 2, 3, 4, 5, null, null], connectionRate: [5, 7] },
    { base: { ...gqa, tied: true }, options: { layers: 3, form: "sublayer" } },
    { base: { ...two, tied: true }, options: { hidden: 13 } },
    { base: gqa, options: { heads: 9, kvHeads: 3 } },
    {
      name: "everything at once",
      base: gqa,
      options: { hidden: 12, heads: 8, kvHeads: 4, intermediate: 20, layers: 4, phases: "together" },
      gradients: true,
    },
    {
      name: "as MSG: layers copied, one dimension at a time",
      base: two,
      options: {
        ...{ hidden: 12, intermediate: 20, layers: 5, newLayers: "copy" },
        phases: ["intermediate", "layers", "hidden"],
      },
      layers: [0, 1, 0, 1, 1],
    },
  ],
  refuses: [
    { options: { phases: ["hidden"] }, code },
    { options: { hidden: 12, phases: ["hidden", "hidden"] }, code },
  ],
});
