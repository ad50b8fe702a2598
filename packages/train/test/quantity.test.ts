// Counts as people write them, against exact integer arithmetic.

import fc from "fast-check";
import { expect, test } from "vitest";
import { parseQuantity } from "../src/index.js";

test("quantities are exact: what is written is what is meant, or nothing", () => {
  const powers = { k: 3, M: 6, B: 9, G: 9, T: 12 } as const;
  const suffix = fc.constantFrom(...(Object.keys(powers) as (keyof typeof powers)[]));
  fc.assert(
    fc.property(fc.nat(9000), fc.stringMatching(/^\d{0,12}$/), suffix, (whole, fraction, unit) => {
      const power = powers[unit];
      const digits = fraction.replace(/0+$/, "");
      const exact = BigInt(`${whole}${fraction.slice(0, power).padEnd(power, "0")}`);
      const representable = digits.length <= power && exact <= BigInt(Number.MAX_SAFE_INTEGER);
      expect(parseQuantity(`${whole}${fraction === "" ? "" : `.${fraction}`}${unit}`)).toBe(
        representable ? Number(exact) : null,
      );
    }),
  );
});

test("quantities read as people write them", () => {
  expect(["300k", "1.2M", "10B", "7", "1e3", "2.5k"].map(parseQuantity)).toEqual([3e5, 1.2e6, 1e10, 7, 1e3, 2500]);
  expect(["", "k", "1.5", "-3", "1 000", "1e999", "1.0001k"].map(parseQuantity)).toEqual(Array(7).fill(null));
  fc.assert(fc.property(fc.integer({ min: 1, max: 1e6 }), (n) => parseQuantity(`${n}k`) === n * 1000));
});
