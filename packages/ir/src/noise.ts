// Noise: standard normal numbers made to be cheap, 24 bits each. Only operations whose results IEEE 754 fixes are used,
// so that every machine gets the same bits, and four lanes of WebAssembly (assembly/) those of this file.

const { fround } = Math;

const float = new Float32Array(1);
const bitsOf = new Int32Array(float.buffer);

/** The bits of √½. */
const ROOT_HALF = 0x3f3504f3;

// Minimax polynomials over the intervals below, their coefficients rounded to float32. Their errors are below 1e-8.
/** −2 ln((1 + s) / (1 − s)) / s in s², for |s| ≤ 0.1716. */
const LOG = [-4, -1.3333364, -0.7994947, -0.5985425].map(fround) as Four;
/** sin(π y / 4) / y and (cos(π y / 4) − 1) / y² in y², for |y| ≤ 1. */
const SINE = [0.7853982, -0.080745436, 0.002490007, -3.595451e-5].map(fround) as Four;
const COSINE = [-0.30842513, 0.015854338, -0.0003259614, 3.541962e-6].map(fround) as Four;
const MINUS_2_LN_2 = fround(-1.3862944);

type Four = [number, number, number, number];

/**
 * Two independent standard normal numbers from two 32-bit words, written to `out` from `at` on, times `std` (Box and
 * Muller 1958). None is beyond 6.67.
 */
export function noisePair(a: number, b: number, std: number, out: Float64Array, at: number): void {
  const radius = radiusOf(a);
  // An angle between −π/4 and π/4 by the last 30 bits, never 0, in one of four directions by the first two.
  const y = fround(fround((b << 2) | 2) * 2 ** -31);
  const w = fround(y * y);
  const sine = fround(y * polynomial(SINE, w));
  const cosine = fround(1 + fround(w * polynomial(COSINE, w)));
  const turned = b >> 31 === 0 ? cosine : -cosine;
  const swapped = (b & 0x40000000) !== 0;
  out[at] = std * fround(radius * (swapped ? sine : turned));
  out[at + 1] = std * fround(radius * (swapped ? turned : sine));
}

/** √(−2 ln u) for u = v / 2³¹, where v is half more than the first 31 bits of the word. */
function radiusOf(word: number): number {
  float[0] = fround(fround(word >>> 1) + 0.5);
  // v is 2^k times a number between √½ and √2.
  const bits = ((bitsOf[0] as number) - ROOT_HALF) | 0;
  const k = bits >> 23;
  bitsOf[0] = (bits & 0x7fffff) + ROOT_HALF;
  const f = fround((float[0] as number) - 1);
  const s = fround(f / fround(2 + f));
  const log = fround(s * polynomial(LOG, fround(s * s)));
  return fround(Math.sqrt(fround(fround(MINUS_2_LN_2 * (k - 31)) + log)));
}

function polynomial([c0, c1, c2, c3]: Four, x: number): number {
  return fround(c0 + fround(x * fround(c1 + fround(x * fround(c2 + fround(x * c3))))));
}
