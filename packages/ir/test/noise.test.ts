// Noise: its two forms to the bit, its numbers against the formula in double precision, its distribution.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../src/index.js";
import { noisePair } from "../src/noise.js";
import { simdKernels } from "../src/simd.js";

const word = () =>
  fc.oneof(
    fc.nat(2 ** 32 - 1),
    fc.nat(200),
    fc.nat(200).map((i) => 2 ** 32 - 1 - i),
  );

describe("one stream", () => {
  test("the kernel is used here", () => {
    expect(simdKernels()).toBeDefined();
  });

  test("the kernel has the bits of the plain form, from any index on, also where the counter carries", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.oneof(
          fc.nat(100),
          fc.maxSafeNat().map((i) => Math.floor(i / 2)),
          fc.constantFrom(2 ** 34 - 7, 2 ** 34, 2 ** 40 + 1),
        ),
        fc.oneof(fc.nat(40), fc.constantFrom(8191, 8192, 8193, 20_000)),
        fc.double({ min: 1e-30, max: 1e30 }),
        (name, first, count, std) => {
          const random = new Random(name);
          const [fast, plain] = [new Float64Array(count), new Float64Array(count)];
          random.noise(fast, first, std);
          random.plainNoise(plain, first, std);
          expect(fast.findIndex((x, i) => !Object.is(x, plain[i]))).toBe(-1);
        },
      ),
    );
  });

  test("any stretch of a stream is the same numbers", () => {
    const random = new Random("a stream");
    const whole = new Float64Array(100);
    random.noise(whole, 0);
    fc.assert(
      fc.property(fc.nat(99), fc.nat(99), (a, b) => {
        const part = new Float64Array(Math.abs(a - b));
        random.noise(part, Math.min(a, b));
        expect(part).toEqual(whole.slice(Math.min(a, b), Math.max(a, b)));
      }),
    );
  });
});

/** The pair in double precision. Its radius has 31 bits of `a`; its angle is one of 2^32. */
function exactPair(a: number, b: number): [number, number] {
  const u = ((a >>> 1) + 0.5) / 2 ** 31;
  const y = (((b << 2) | 2) / 2 ** 31) * (Math.PI / 4);
  const turned = (b >>> 31 === 0 ? 1 : -1) * Math.cos(y);
  const [x, z] = (b & 0x40000000) === 0 ? [turned, Math.sin(y)] : [Math.sin(y), turned];
  // log1p, because u may be close to 1.
  const radius = Math.sqrt(-2 * (u > 0.5 ? Math.log1p(u - 1) : Math.log(u)));
  return [radius * x, radius * z];
}

/**
 * Two roundings of u to 24 bits move the square of the radius by up to 2^-23, and |√x − √y| is at most |x − y| / √x and
 * √|x − y|. The other operations move each number by up to ten halves of a unit in the last place.
 */
function mostError(a: number, exact: number): number {
  const square = -2 * Math.log1p(((a >>> 1) + 0.5) / 2 ** 31 - 1);
  return Math.min(2 ** -23 / Math.sqrt(square), 2 ** -11.5) + 10 * 2 ** -24 * Math.abs(exact);
}

test("each number is that of Box and Muller, in the tails as well", () => {
  const out = new Float64Array(2);
  fc.assert(
    fc.property(word(), word(), (a, b) => {
      noisePair(a, b, 1, out, 0);
      for (const [i, exact] of exactPair(a, b).entries())
        expect(Math.abs((out[i] as number) - exact)).toBeLessThanOrEqual(mostError(a, exact));
    }),
    { numRuns: 10_000 },
  );
});

test("the largest are as rare as they should be, to 6.6 standard deviations", () => {
  // A radius is beyond r with probability exp(−r² / 2); the words for the largest radii are those from 0 on.
  const out = new Float64Array(2);
  for (let a = 0; a < 400; a += 2) {
    noisePair(a, 0x20000000, 1, out, 0);
    const square = (out[0] as number) ** 2 + (out[1] as number) ** 2;
    expect((Math.exp(-square / 2) * 2 ** 31) / (a / 2 + 0.5)).toBeCloseTo(1, 4);
  }
});

/** Φ by its series (Marsaglia 2004), for numbers below 7. */
function normalCdf(x: number): number {
  let [sum, term] = [x, x];
  for (let i = 3; Math.abs(term) > 1e-17; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

// The stream is fixed, so these always pass or always fail. A sample moment falls outside 5 standard errors once in 1.7
// million, and the bound of Kolmogorov and Smirnov is exceeded once in a million.
describe("a million numbers", () => {
  const n = 1 << 20;
  const numbers = new Float64Array(n);
  new Random("noise").noise(numbers, 0);
  const mean = (f: (x: number, i: number) => number) => numbers.reduce((sum, x, i) => sum + f(x, i), 0) / n;
  const within = (variance: number) => 5 * Math.sqrt(variance / n);
  const later = (i: number, by: number) => numbers[(i + by) % n] as number;

  test.each([
    [1, 0, 1],
    [2, 1, 2],
    [3, 0, 15],
    [4, 3, 96],
    [6, 15, 10_170],
  ])("moment %i is %i", (power, expected, variance) => {
    expect(Math.abs(mean((x) => x ** power) - expected)).toBeLessThan(within(variance));
  });

  test.each([1, 2, 3, 4])("numbers %i apart are uncorrelated, and so are their squares", (by) => {
    expect(Math.abs(mean((x, i) => x * later(i, by)))).toBeLessThan(within(1));
    expect(Math.abs(mean((x, i) => (x * x - 1) * (later(i, by) ** 2 - 1)))).toBeLessThan(within(4));
  });

  test("their distribution is normal (Kolmogorov and Smirnov)", () => {
    const distance = numbers.toSorted().reduce((most, x, i) => {
      const p = normalCdf(x);
      return Math.max(most, p - i / n, (i + 1) / n - p);
    }, 0);
    expect(distance).toBeLessThan(Math.sqrt(-Math.log(1e-6 / 2) / (2 * n)));
  });

  test.each([3, 4])("beyond %i are as many as there should be", (limit) => {
    const p = 2 * (1 - normalCdf(limit));
    expect(Math.abs(mean((x) => Number(Math.abs(x) > limit)) - p)).toBeLessThan(within(p));
  });
});
