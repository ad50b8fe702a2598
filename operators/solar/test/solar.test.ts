// SOLAR through the conformance suite, with the paper's own sizes.
import { connectionRate, layerMap } from "@cambium/growth";
import { baseModel, describeOperator } from "@cambium/growth/conformance";
import { expect, test } from "vitest";
import solar from "../src/index.js";

describeOperator(solar, {
  cases: [
    { name: "6 → 8", options: { drop: 2 }, layers: [0, 1, 2, 3, 2, 3, 4, 5], connectionRate: [6, 7] },
    { name: "8 → 12, the default, tied", base: { layers: 8, tied: true }, connectionRate: [10, 11] },
    { name: "half of it is the base", options: { drop: 3 }, layers: [0, 1, 2, 3, 4, 5], connectionRate: [5, 5] },
    { name: "nothing dropped is a stack", base: { layers: 2 }, options: { drop: 0 }, layers: [0, 1, 0, 1] },
  ],
  refuses: [{ options: { drop: 4 }, code: "E_GROWTH_LAYERS" }],
});

test("32 → 48 as the paper: 0 to 23, 8 to 31, 46 of 47 connections", () => {
  const map = layerMap(solar.plan(baseModel({ layers: 32 })));
  expect(map).toEqual([...Array(24).keys(), ...Array.from({ length: 24 }, (_, i) => i + 8)]);
  expect(connectionRate(map)).toMatchObject({ numerator: 46, denominator: 47 });
});
