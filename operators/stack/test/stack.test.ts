// G_stack through the conformance suite, with lists and connection rates worked out by hand.
import { connectionRate, layerMap } from "@cambium/growth";
import { baseModel, describeOperator } from "@cambium/growth/conformance";
import { expect, test } from "vitest";
import stack from "../src/index.js";

const six = [0, 1, 2, 3, 4, 5];
const strict = false;

describeOperator(stack, {
  cases: [
    { base: { layers: 3 }, options: { factor: 2 }, layers: [0, 1, 2, 0, 1, 2], connectionRate: [4, 5] },
    { name: "the default factor", layers: [...six, ...six, ...six, ...six], connectionRate: [20, 23] },
    { base: { layers: 8, tied: true }, options: { layers: 24 }, connectionRate: [21, 23] },
    { options: { factor: 1 }, layers: six, connectionRate: [5, 5] },
    { base: { layers: 1 }, options: { factor: 4 }, layers: [0, 0, 0, 0], connectionRate: [0, 3] },
    { options: { factor: 1.5, strict }, layers: [...six, 3, 4, 5], connectionRate: [7, 8] },
    { base: { layers: 4 }, options: { layers: 10, strict }, layers: [0, 1, 2, 3, 0, 1, 2, 3, 2, 3] },
  ],
  refuses: [
    { options: { layers: 20 }, code: "E_GROWTH_LAYERS" },
    { options: { factor: 1.5 }, code: "E_GROWTH_LAYERS" },
    { base: { layers: 5 }, options: { factor: 2.5, strict }, code: "E_GROWTH_LAYERS" },
  ],
});

test("a full stack keeps (l−1)g of gl−1 connections", () => {
  for (let l = 1; l <= 12; l++) {
    for (let g = 1; g <= 6; g++) {
      const { numerator, denominator } = connectionRate(layerMap(stack.plan(baseModel({ layers: l }), { factor: g })));
      expect([numerator, denominator]).toEqual([(l - 1) * g, g * l - 1]);
    }
  }
});
