// Storage that is used again: never twice at once, never a part of something else, never without bound.
import fc from "fast-check";
import { expect, test } from "vitest";
import { release, storage } from "../src/evaluate/storage.js";

test("what is in use is in use once, whatever was released before", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(1, 7, 1000, 2 ** 17), fc.nat(9)), { maxLength: 40 }), (steps) => {
      const held: Float64Array[] = [];
      for (const [length, which] of steps) {
        const one = which < 4 ? held.splice(which, 1)[0] : undefined;
        if (one) release(one);
        else {
          const rows = storage(length);
          expect(rows.length).toBe(length);
          expect(held.includes(rows)).toBe(false);
          held.push(rows);
        }
      }
    }),
  );
});

test("what was released is used again, unless it is a view of more", () => {
  const rows = storage(12_345);
  release(rows);
  expect(storage(12_345)).toBe(rows);
  const view = new Float64Array(54_321).subarray(1);
  release(view);
  expect(storage(54_320)).not.toBe(view);
});

test("8 MiB are kept at most", () => {
  const all = Array.from({ length: 5 }, () => storage(2 ** 18));
  for (const rows of all) release(rows);
  const again = all.filter(() => all.includes(storage(2 ** 18)));
  expect(again.length).toBeLessThanOrEqual(4);
});
