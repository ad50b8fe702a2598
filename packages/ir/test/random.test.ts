// Philox against the known answers of its authors, and the streams drawn from it against their statistics.
import fc from "fast-check";
import { expect, test } from "vitest";
import { philox, Random } from "../src/index.js";

// philox4x32-10 of kat_vectors in Random123 (Salmon et al. 2011): counter, key, result.
test.each([
  ["00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  ["ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"],
  ["243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"],
])("philox of counter %s", (counter, key, result) => {
  const words = (text: string) => Uint32Array.from(text.split(" "), (word) => Number.parseInt(word, 16));
  const [key0, key1] = words(key) as unknown as [number, number];
  const out = new Uint32Array(4);
  philox(words(counter), key0, key1, out);
  expect(out).toEqual(words(result));
});

test("a stream is a pure function of its name and the index", () => {
  const forward = new Random("a stream");
  const words = Array.from({ length: 100 }, (_, i) => forward.word(i));
  fc.assert(
    fc.property(fc.array(fc.nat(99), { maxLength: 50 }), (order) => {
      const random = new Random("a stream");
      expect(order.map((i) => random.word(i))).toEqual(order.map((i) => words[i]));
    }),
  );
  expect(new Set(words).size).toBe(100);
});

test("names make different streams, and far indices different words", () => {
  const firsts = ["", "a", "b", "layers.0", "layers.1", "é"].map((name) => new Random(name).word(0));
  expect(new Set(firsts).size).toBe(firsts.length);
  const random = new Random("far");
  expect(new Set([0, 4, 2 ** 33, 2 ** 34, 2 ** 34 + 4, 2 ** 52].map((i) => random.word(i))).size).toBe(6);
});

/** Sample mean of `f` over the first `n` of a stream. */
function mean(n: number, f: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += f(i);
  return sum / n;
}

// With n = 100,000 a sample moment falls outside 5 standard errors of its expectation once in 1.7 million. The streams
// are fixed, so the test always passes or always fails.
const n = 100_000;
const within = (variance: number) => 5 * Math.sqrt(variance / n);

test("uniform: in [0, 1), flat, uncorrelated", () => {
  const random = new Random("uniform");
  const x = (i: number) => random.uniform(i);
  expect(mean(n, (i) => Number(x(i) >= 0 && x(i) < 1))).toBe(1);
  expect(Math.abs(mean(n, x) - 1 / 2)).toBeLessThan(within(1 / 12));
  expect(Math.abs(mean(n, (i) => (x(i) - 1 / 2) ** 2) - 1 / 12)).toBeLessThan(within(1 / 180));
  expect(Math.abs(mean(n, (i) => (x(i) - 1 / 2) * (x(i + 1) - 1 / 2)))).toBeLessThan(within(1 / 144));
  for (let bin = 0; bin < 10; bin++) {
    expect(Math.abs(mean(n, (i) => Number(Math.floor(10 * x(i)) === bin)) - 0.1)).toBeLessThan(within(0.09));
  }
});

test("normal: moments 0, 1, 0, 3, finite, uncorrelated", () => {
  const random = new Random("normal");
  const z = (i: number) => random.normal(i);
  const moments = [
    [1, 0, 1],
    [2, 1, 2],
    [3, 0, 15],
    [4, 3, 96],
  ] as const;
  for (const [power, expected, variance] of moments) {
    expect(Math.abs(mean(n, (i) => z(i) ** power) - expected), `moment ${power}`).toBeLessThan(within(variance));
  }
  expect(Math.abs(mean(n, (i) => z(i) * z(i + 1)))).toBeLessThan(within(1));
  expect(mean(n, (i) => Number(Number.isFinite(z(i))))).toBe(1);
});
