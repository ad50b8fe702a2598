// f16 and bf16 against their definition: the nearest representable number, found by search, ties to the even code.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeHalf, encodeHalf, fromBf16, fromF16, roundHalf, toBf16, toF16 } from "../src/index.js";

interface Format {
  readonly mantissaBits: number;
  readonly bias: number;
  readonly decode: (code: number) => number;
  readonly encode: (x: number) => number;
}

const formats: Record<string, Format> = {
  f16: { mantissaBits: 10, bias: 15, decode: fromF16, encode: toF16 },
  bf16: { mantissaBits: 7, bias: 127, decode: fromBf16, encode: toBf16 },
};

/** The value of a non-negative code by IEEE 754's formula; infinity for the first code above the largest number. */
function defined(code: number, { mantissaBits, bias }: Format): number {
  const exponent = code >> mantissaBits;
  const fraction = (code & (2 ** mantissaBits - 1)) / 2 ** mantissaBits;
  return exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
}

/**
 * The code nearest to x ≥ 0. Past the largest number, rounds as if the exponent went on, and the next code is infinity.
 */
function nearest(x: number, format: Format): number {
  const infinity = 0x7fff - (2 ** format.mantissaBits - 1);
  let [low, high] = [0, infinity];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (defined(middle, format) <= x) low = middle;
    else high = middle;
  }
  const [below, above] = [x - defined(low, format), defined(high, format) - x];
  if (x >= defined(high, format)) return infinity;
  return below < above || (below === above && low % 2 === 0) ? low : high;
}

describe.each(Object.entries(formats))("%s", (_, format) => {
  const { decode, encode, mantissaBits } = format;
  const infinity = 0x7fff - (2 ** mantissaBits - 1);

  test("all 65,536 codes decode by the formula and encode back", () => {
    const wrong = Array.from({ length: 65536 }, (_, code) => code).filter((code) => {
      const magnitude = code & 0x7fff;
      const x = decode(code);
      if (magnitude > infinity) return !Number.isNaN(x) || !Number.isNaN(decode(encode(x)));
      const want = magnitude === infinity ? Number.POSITIVE_INFINITY : defined(magnitude, format);
      return !Object.is(x, code > 0x7fff ? -want : want) || encode(x) !== code;
    });
    expect(wrong).toEqual([]);
  });

  test("any f32 encodes to the nearest code", () => {
    const bits = new DataView(new ArrayBuffer(4));
    const anyFloat = fc.nat(0xffffffff).map((word) => {
      bits.setUint32(0, word);
      return bits.getFloat32(0);
    });
    // Plain floats, floats near the format's own numbers, and exact ties between two of them.
    const code = fc.nat(infinity - 1);
    const tie = code.map((c) => (defined(c, format) + defined(c + 1, format)) / 2);
    const nudged = fc.tuple(tie, fc.constantFrom(1 - 2 ** -23, 1, 1 + 2 ** -22)).map(([x, by]) => Math.fround(x * by));
    fc.assert(
      fc.property(fc.oneof(anyFloat, tie, nudged), (x) => {
        if (Number.isNaN(x)) expect(Number.isNaN(decode(encode(x)))).toBe(true);
        else expect(encode(x)).toBe((x < 0 || Object.is(x, -0) ? 0x8000 : 0) + nearest(Math.abs(x), format));
      }),
      { numRuns: 20_000 },
    );
  });
});

describe.each(["f16", "bf16"] as const)("%s in bulk", (dtype) => {
  const { decode, encode } = formats[dtype] as Format;

  test("an array decodes as its numbers do one by one", () => {
    const codes = Uint16Array.from({ length: 65536 }, (_, code) => code);
    expect(decodeHalf(dtype, codes)).toEqual(Float32Array.from(codes, decode));
    expect(decodeHalf(dtype, codes.subarray(3, 5))).toEqual(Float32Array.of(decode(3), decode(4)));
  });

  test("an array encodes as its numbers do one by one, from f32 and from f64, from within a buffer", () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { maxLength: 40 }), (xs) => {
        const [wide, narrow] = [Float64Array.from(xs), Float32Array.from([0, ...xs]).subarray(1)];
        const codes = Uint16Array.from(wide, encode);
        for (const values of [xs, wide, narrow]) expect(encodeHalf(dtype, values)).toEqual(codes);
        expect(Float64Array.from(wide, roundHalf[dtype])).toEqual(Float64Array.from(codes, decode));
      }),
    );
  });
});

test("long f64 arrays encode as one by one: every bf16 code, each tie between two, and their neighbours", () => {
  const near = (x: number) => [x * (1 - 2 ** -30), x, x * (1 + 2 ** -30), x * (1 - 2 ** -52)];
  const xs = Float64Array.from({ length: 65536 }, (_, code) => code).map(fromBf16);
  const ties = xs.map((x, code) => (x + fromBf16((code + 1) % 65536)) / 2);
  const values = new Float64Array([...xs, ...ties].filter((x) => !Number.isNaN(x)).flatMap(near));
  const encoded = encodeHalf("bf16", values);
  expect(values.findIndex((x, i) => encoded[i] !== toBf16(x))).toBe(-1);
});

test("values from the standards", () => {
  const f16 = {
    0: 0,
    0x3c00: 1,
    0xc000: -2,
    0x7bff: 65504,
    0x0400: 2 ** -14,
    0x0001: 2 ** -24,
    0x3555: 0.333251953125,
  };
  for (const [code, x] of Object.entries(f16)) expect(fromF16(Number(code))).toBe(x);
  const bf16 = { 0x3f80: 1, 0xc000: -2, 0x4049: 3.140625, 0x0080: 2 ** -126, 0x0001: 2 ** -133 };
  for (const [code, x] of Object.entries(bf16)) expect(fromBf16(Number(code))).toBe(x);
  expect([65519.99609375, 65520].map(toF16)).toEqual([0x7bff, 0x7c00]);
});
