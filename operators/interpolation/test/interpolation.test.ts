// Interpolation through the conformance suite, with its lists and connection rates.
import { connectionRate, layerMap } from "@cambium/growth";
import { baseModel, describeOperator } from "@cambium/growth/conformance";
import { expect, test } from "vitest";
import interpolation from "../src/index.js";

describeOperator(interpolation, {
  cases: [
    { base: { layers: 3 }, options: { factor: 2 }, layers: [0, 0, 1, 1, 2, 2], connectionRate: [2, 5] },
    { base: { layers: 8, tied: true }, options: { layers: 24 }, connectionRate: [7, 23] },
    { options: { factor: 1 }, layers: [0, 1, 2, 3, 4, 5], connectionRate: [5, 5] },
    { base: { layers: 4 }, options: { layers: 6 }, layers: [0, 0, 1, 2, 2, 3], connectionRate: [3, 5] },
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
