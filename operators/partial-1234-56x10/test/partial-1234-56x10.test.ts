// Partial stacking 1234-56*10 through the conformance suite, over the depths for which it has a whole number of repeats.
import { describeOperator } from "@cambium/growth/conformance";
import operator from "../src/index.js";

describeOperator(operator, {
  cases: [
    {
      name: "6 → 24, the default factor",
      layers: [0, 1, 2, 3, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5],
      connectionRate: [14, 23],
    },
    {
      name: "6 → 12, k = 4",
      base: { layers: 6, tieEmbeddings: true },
      options: { layers: 12 },
      layers: [0, 1, 2, 3, 4, 5, 4, 5, 4, 5, 4, 5],
      connectionRate: [8, 11],
    },
    {
      name: "6 → 18, k = 7",
      base: { layers: 6 },
      options: { layers: 18 },
      layers: [0, 1, 2, 3, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5],
      connectionRate: [11, 17],
    },
    {
      name: "12 → 48, k = 10",
      base: { layers: 12 },
      options: { layers: 48 },
      layers: [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 8,
        9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11,
      ],
      connectionRate: [38, 47],
    },
    {
      name: "6 → 30, k = 13",
      base: { layers: 6 },
      options: { layers: 30 },
      layers: [0, 1, 2, 3, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5],
      connectionRate: [17, 29],
    },
    {
      name: "6 → 36, k = 16",
      base: { layers: 6 },
      options: { layers: 36 },
      layers: [
        0, 1, 2, 3, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5,
      ],
      connectionRate: [20, 35],
    },
    {
      name: "12 → 24, k = 4",
      base: { layers: 12, heads: 4, kvHeads: 2 },
      options: { layers: 24 },
      layers: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11],
      connectionRate: [20, 23],
    },
    {
      name: "12 → 36, k = 7",
      base: { layers: 12 },
      options: { layers: 36 },
      layers: [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 8,
        9, 10, 11,
      ],
      connectionRate: [29, 35],
    },
  ],
  refuses: [
    { base: { layers: 12 }, options: { layers: 30 }, code: "E_GROWTH_LAYERS" },
    { base: { layers: 8 }, options: { factor: 4 }, code: "E_GROWTH_LAYERS" },
    { options: { factor: 1 }, code: "E_GROWTH_LAYERS" },
    { options: { layers: 25.5 }, code: "E_GROWTH_OPTION" },
    { options: { factor: 2, layers: 12 }, code: "E_GROWTH_OPTION" },
  ],
});
