// f16 and bf16 to and from f32: IEEE 754 binary16 and bfloat16, round to nearest even.

const word = new Uint32Array(1);
const real = new Float32Array(word.buffer);

/** The bfloat16 bits of `x` (NaN stays a quiet NaN). */
export function toBf16(x: number): number {
  real[0] = x;
  const bits = word[0] as number;
  if (Number.isNaN(x)) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

export function fromBf16(bits: number): number {
  word[0] = bits << 16;
  return real[0] as number;
}

/** The binary16 bits of `x`. */
export function toF16(x: number): number {
  real[0] = x;
  const bits = word[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: 2^-24 is one unit; adding 0.5 in f32 leaves the rounded count in the low mantissa bits.
    word[0] = magnitude;
    real[0] = (real[0] as number) + 0.5;
    return sign | ((word[0] as number) - 0x3f000000);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

export function fromF16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
