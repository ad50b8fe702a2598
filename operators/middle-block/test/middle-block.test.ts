// Blocks in the middle through the conformance suite, with lists worked out by hand.
import { describeOperator } from "@cambium/growth/conformance";
import middleBlock from "../src/index.js";

const run = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const layers = "E_GROWTH_LAYERS";

describeOperator(middleBlock, {
  cases: [
    { name: "midas, 6 + 2", layers: [0, 1, 2, 3, 2, 3, 4, 5], connectionRate: [6, 7] },
    { name: "midas, 6 + 6", options: { block: 6 }, layers: [...run(0, 5), ...run(0, 5)] },
    {
      name: "midas, 12 + 6",
      base: { layers: 12 },
      options: { block: 6 },
      layers: [...run(0, 5), ...run(0, 5), ...run(6, 11)],
    },
    {
      name: "midas, 18 + 6",
      base: { layers: 18 },
      options: { block: 6 },
      layers: [...run(0, 11), ...run(6, 11), ...run(12, 17)],
    },
    {
      name: "lidas, 6 + 2, tied",
      base: { tied: true },
      options: { insert: "lidas" },
      layers: [0, 1, 2, 2, 3, 3, 4, 5],
    },
    {
      name: "lidas, 8 + 4",
      base: { layers: 8 },
      options: { insert: "lidas", block: 4 },
      layers: [0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7],
    },
  ],
  refuses: [
    { options: { block: 4 }, code: layers },
    { base: { layers: 5 }, options: { insert: "lidas" }, code: layers },
    { options: { insert: "lidas", block: 3 }, code: layers },
    { options: { insert: "lidas", block: 8 }, code: layers },
  ],
});
