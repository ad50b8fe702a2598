// G_zero in depth through the conformance suite, with LLaMA Pro's lists. packages/growth/test/layer-lists.test.ts has those
// of all placements, tools/test/figures what a cancelling tail keeps.
import { describeOperator } from "@cambium/growth/conformance";
import zeroDepth from "../src/index.js";

const six = [0, 1, 2, 3, 4, 5];

/** Of 32 layers, the first n of which every q-th has a copy behind it. */
const after = (q: number, n: number) =>
  [...Array(32).keys()].flatMap((i) => ((i + 1) % q === 0 && i < q * n ? [i, i] : [i]));

describeOperator(zeroDepth, {
  gradients: true,
  cases: [
    {
      options: { factor: 2 },
      layers: [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5],
      connectionRate: [5, 11],
      trains: () => true,
    },
    {
      name: "LLaMA Pro's list, frozen",
      base: { tied: true },
      options: { layers: 8, frozen: true },
      layers: [0, 1, 2, 2, 3, 4, 5, 5],
      connectionRate: [5, 7],
      trains: ({ layer }) => layer === 3 || layer === 7,
    },
    { options: { layers: 9, placement: "top" }, layers: [...six, 3, 4, 5], gradients: true },
    { base: { layers: 4 }, options: { layers: 6, placement: "lemon" }, layers: [0, 1, 2, 2, 3, 3] },
    { options: { layers: 6, placement: "groups" }, layers: six },
    { options: { factor: 1 }, layers: six },
  ],
  lists: [
    { base: { layers: 2 }, options: { layers: 7, placement: "top" }, layers: [0, 1, 1, 0, 1, 0, 1] },
    { base: { layers: 32 }, options: { layers: 40 }, layers: after(4, 8) },
    { base: { layers: 32 }, options: { layers: 40, placement: "groups" }, layers: after(4, 8) },
    { base: { layers: 32 }, options: { layers: 42, placement: "groups" }, layers: after(3, 10) },
  ],
  refuses: [
    { placement: "groups", layers: 10 },
    { placement: "groups", layers: 18 },
    { placement: "lemon", layers: 13 },
  ].map((options) => ({ options, code: "E_GROWTH_LAYERS" })),
});
