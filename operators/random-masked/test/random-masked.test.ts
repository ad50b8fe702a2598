// Masked random growth: conformance, and what opens when.
import { baseModel, describeOperator } from "@cambium/growth/conformance";
import { expect, test } from "vitest";
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
    { options: { maskTokens: 0 }, code: "E_GROWTH_OPTION" },
    { base: gqa, options: { kvHeads: 4 }, code },
    { options: { phases: ["hidden"] }, code },
    { options: { hidden: 12, phases: ["hidden", "hidden"] }, code },
  ],
});

test("each phase takes maskTokens; new layers open with the first", () => {
  const { masks } = randomMasked.plan(baseModel(), { hidden: 12, intermediate: 20, layers: 7, maskTokens: 500 }).phase;
  expect(masks.map(({ axis, schedule }) => [axis, schedule])).toEqual([
    ["intermediate", { kind: "linear", start: 0, tokens: 500 }],
    ["hidden", { kind: "linear", start: 500, tokens: 500 }],
    ["layers", { kind: "linear", start: 0, tokens: 500 }],
  ]);
});
