// A multiple of numbers added to others: the kernel against the loop that it stands for.
import fc from "fast-check";
import { expect, test } from "vitest";
import { addMultiple } from "../src/index.js";

test("many numbers at once are added as one by one, and no others change", () => {
  const number = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, -0, 1 / 3));
  fc.assert(
    fc.property(
      fc.array(number, { minLength: 1, maxLength: 9 }),
      fc.array(number, { minLength: 1, maxLength: 9 }),
      number,
      fc.oneof(fc.nat(300), fc.constantFrom(8192, 8193, 20_000)),
      fc.nat(5),
      fc.nat(5),
      (xs, ys, factor, count, at, from) => {
        const repeated = (of: readonly number[], length: number) =>
          Float64Array.from({ length }, (_, i) => of[i % of.length] as number);
        const [before, numbers] = [repeated(xs, at + count + 3), repeated(ys, from + count)];
        const out = before.slice();
        addMultiple(out, at, numbers, from, count, factor);
        const expected = before.map((x, i) =>
          i >= at && i < at + count ? x + factor * (numbers[from + i - at] as number) : x,
        );
        expect(out.findIndex((x, i) => !Object.is(x, expected[i]))).toBe(-1);
      },
    ),
  );
});
