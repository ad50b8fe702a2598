// Interpolation through the conformance suite, with its lists and connection rates.
import { connectionRate, layerMap } from "@cambium/growth";
import { baseModel, describeOperator } from "@cambium/growth/conformance";
import { expect, test } from "vitest";
import interpolation from "../src/index.js";

describeOperator(interpolation, {
  cases: [
    { name: "3 → 6", base: { layers: 3 }, options: { factor: 2 }, layers: [0, 0, 1, 1, 2, 2], connectionRate: [2, 5] },
    {
      name: "8 → 24, tied",
      base: { layers: 8, tied: true },
      options: { layers: 24 },
      connectionRate: [7, 23],
    },
    { name: "6 → 6 is the identity", options: { factor: 1 }, layers: [0, 1, 2, 3, 4, 5], connectionRate: [5, 5] },
    {
      name: "4 → 6, unevenly, GQA",
      base: { layers: 4, heads: 4, kvHeads: 2 },
      options: { layers: 6 },
      layers: [0, 0, 1, 2, 2, 3],
      connectionRate: [3, 5],
    },
  ],
  refuses: [
    { options: { layers: 3 }, code: "E_GROWTH_LAYERS" },
    { base: { layers: 5 }, options: { factor: 1.5 }, code: "E_GROWTH_LAYERS" },
    { options: { factor: 2, layers: 12 }, code: "E_GROWTH_OPTION" },
    { options: { strict: true }, code: "E_GROWTH_OPTION" },
  ],
});

test("a whole factor keeps l−1 of gl−1 connections", () => {
  for (let l = 1; l <= 12; l++) {
    for (let g = 2; g <= 6; g++) {
      const { numerator, denominator } = connectionRate(
        layerMap(interpolation.plan(baseModel({ layers: l }), { factor: g })),
      );
      expect([numerator, denominator]).toEqual([l - 1, g * l - 1]);
    }
  }
});
