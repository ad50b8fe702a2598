// Partial stacking 1-234*7-56 through the conformance suite, over the depths for which it has a whole number of repeats.
import { describeOperator } from "@cambium/growth/conformance";
import operator from "../src/index.js";

describeOperator(operator, {
  cases: [
    {
      name: "6 → 24, the default factor",
      layers: [0, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 5],
      connectionRate: [17, 23],
    },
    {
      name: "6 → 12, k = 3",
      base: { layers: 6, tieEmbeddings: true },
      options: { layers: 12 },
      layers: [0, 1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 5],
      connectionRate: [9, 11],
    },
    {
      name: "6 → 18, k = 5",
      base: { layers: 6 },
      options: { layers: 18 },
      layers: [0, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 5],
      connectionRate: [13, 17],
    },
    {
      name: "12 → 48, k = 7",
      base: { layers: 12 },
      options: { layers: 48 },
      layers: [
        0, 1, 2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6,
        7, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
      ],
      connectionRate: [41, 47],
    },
    {
      name: "6 → 30, k = 9",
      base: { layers: 6 },
      options: { layers: 30 },
      layers: [0, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 5],
      connectionRate: [21, 29],
    },
    {
      name: "6 → 36, k = 11",
      base: { layers: 6 },
      options: { layers: 36 },
      layers: [
        0, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 5,
      ],
      connectionRate: [25, 35],
    },
    {
      name: "12 → 24, k = 3",
      base: { layers: 12, heads: 4, kvHeads: 2 },
      options: { layers: 24 },
      layers: [0, 1, 2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
      connectionRate: [21, 23],
    },
    {
      name: "12 → 36, k = 5",
      base: { layers: 12 },
      options: { layers: 36 },
      layers: [
        0, 1, 2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
      ],
      connectionRate: [31, 35],
    },
    {
      name: "12 → 30, k = 4",
      base: { layers: 12 },
      options: { layers: 30 },
      layers: [0, 1, 2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
      connectionRate: [26, 29],
    },
  ],
  refuses: [
    { base: { layers: 8 }, options: { factor: 4 }, code: "E_GROWTH_LAYERS" },
    { options: { factor: 1 }, code: "E_GROWTH_LAYERS" },
    { options: { layers: 25.5 }, code: "E_GROWTH_OPTION" },
    { options: { factor: 2, layers: 12 }, code: "E_GROWTH_OPTION" },
  ],
});
