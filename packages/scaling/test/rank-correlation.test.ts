// Rank correlation compared with scipy.stats.spearmanr, and its properties.
import fc from "fast-check";
import { expect, test } from "vitest";
import { rankCorrelation } from "../src/index.js";

test("equals scipy's, ties included", () => {
  const pairs = [
    [1, 10],
    [2, 9],
    [2, 7],
    [3, 8],
    [5, 1],
  ] as const;
  // scipy.stats.spearmanr([1, 2, 2, 3, 5], [10, 9, 7, 8, 1]).statistic
  expect(rankCorrelation(pairs)).toBeCloseTo(-0.8207826816681234, 12);
});

test("is 1 for any increasing relation and −1 for a decreasing one", () => {
  const values = fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 3, maxLength: 20 });
  fc.assert(
    fc.property(values, (xs) => {
      expect(rankCorrelation(xs.map((x) => [x, x ** 3]))).toBeCloseTo(1, 12);
      expect(rankCorrelation(xs.map((x) => [x, -x]))).toBeCloseTo(-1, 12);
    }),
  );
});

test("is null for two pairs, or if one side does not vary", () => {
  expect(
    rankCorrelation([
      [1, 2],
      [2, 3],
    ]),
  ).toBeNull();
  expect(
    rankCorrelation([
      [1, 2],
      [1, 3],
      [1, 4],
    ]),
  ).toBeNull();
});
