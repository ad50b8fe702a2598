// G_direct in width through the conformance suite, and what it refuses. packages/growth/test/width tests the maps, shares
// and norms that it is made of; tools/test/figures has what they leave of the function.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { type BaseChoice, describeOperator } from "@cambium/growth/conformance";
import { writeBareFamily } from "../../../packages/model/test/support/bare-family.js";
import directWidth from "../src/index.js";

const file = writeBareFamily(mkdtempSync(`${tmpdir()}/cambium-family-`));
const { default: family } = (await import(/* @vite-ignore */ file)) as { default: NonNullable<BaseChoice["family"]> };

const two = { layers: 2 };
const gqa = { ...two, heads: 4, kvHeads: 2, headDim: 4 };
const explicit = (maps: object) => ({ map: "explicit", maps });
const newChannels = explicit({ hidden: [0, 1, 2, 3, 4, 5, 6, 7, -1, 3, -1] });
const even = { split: "even" };

describeOperator(directWidth, {
  cases: [
    { base: { ...gqa, tied: true }, options: { split: "elem" } },
    { base: { ...gqa, hidden: 12 }, options: { factor: 1.5, map: "interleave" } },
    { base: two, options: { intermediate: 23, map: "random", ...even }, gradients: true },
    { base: gqa, options: { heads: 8, kvHeads: 4, split: "scalar" }, gradients: true },
    { base: { ...two, kvHeads: 1 }, options: { heads: 6, ...even }, gradients: true },
    { base: { ...two, tied: true }, options: { factor: 3, ...even }, gradients: true },
    { base: { ...two, tied: true }, options: { hidden: 13, ...even }, gradients: true },
    { base: two, options: { hidden: 13, split: "scalar" } },
    { base: two, options: { hidden: 16, normMode: "sqrt-mu" } },
    { base: two, options: { hidden: 12, normMode: "copy" } },
    { base: two, options: newChannels },
    { base: { ...gqa, layers: 3 }, options: { rows: "next", ...even } },
    { base: gqa, options: { scaleLearningRates: true, ...even }, course: true },
    { name: "a family it does not know", base: { ...gqa, family }, options: {} },
    {
      name: "that family, tied",
      base: { ...gqa, family, tied: true },
      options: { hidden: 13, split: "scalar" },
    },
  ],
  refuses: [
    { options: explicit({ hidden: [-2] }), code: "E_GROWTH_OPTION" },
    ...[
      { map: "explicit" },
      { maps: { heads: [0, 1, 0, 1] } },
      { hidden: 12, normMode: "sqrt-mu" },
      explicit({ hidden: [0, 1, 2, 3, 4, 5, 6, 6] }),
      explicit({ hidden: [0, 1, 2, 3, 4, 5, 6, 7, 8] }),
      explicit({ heads: [0, 1, -1, -1] }),
      explicit({ heads: [0, 1, 2, 3, 0, 1, 2, 3] }),
      explicit({ kvHeads: [0, 1, 0, 1] }),
    ].map((options) => ({ base: gqa, options, code: "E_GROWTH_SIZES" })),
  ],
});
