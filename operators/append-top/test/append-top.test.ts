// Gradual stacking through the conformance suite.
import { describeOperator } from "@cambium/growth/conformance";
import appendTop from "../src/index.js";

describeOperator(appendTop, {
  cases: [
    { name: "6 → 9", options: { layers: 9 }, layers: [0, 1, 2, 3, 4, 5, 3, 4, 5], connectionRate: [7, 8] },
    { name: "3 → 6, the default", base: { layers: 3, tied: true }, layers: [0, 1, 2, 0, 1, 2] },
    {
      name: "6 → 7, frozen: head and last norm train with the new layer",
      options: { layers: 7, frozen: true },
      layers: [0, 1, 2, 3, 4, 5, 5],
      trains: ({ layer, kind, feeds }) => layer === 6 || kind === "head" || feeds === "head",
    },
    { name: "6 → 6 is the identity", options: { factor: 1 }, connectionRate: [5, 5] },
  ],
  refuses: [{ options: { layers: 13 }, code: "E_GROWTH_LAYERS" }],
});
