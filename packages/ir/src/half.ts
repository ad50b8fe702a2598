// Half precision: f16 (IEEE 754 binary16) and bf16 (bfloat16) to and from f32, rounded to nearest even. Arrays are
// converted through one view of their bits, which is several times faster than number by number.
import type { DType } from "./dtype.js";
import { simdKernels } from "./simd.js";

/** The dtypes that are stored in 16 bits. */
export type HalfDType = "f16" | "bf16";

export function isHalf(dtype: DType): dtype is HalfDType {
  return dtype === "f16" || dtype === "bf16";
}

/** The numbers that 16-bit codes stand for; exact. */
export function decodeHalf(dtype: HalfDType, halves: ArrayLike<number>): Float32Array;
export function decodeHalf<Out extends Float32Array | Float64Array>(
  dtype: HalfDType,
  halves: ArrayLike<number>,
  out: Out,
): Out;
export function decodeHalf(
  dtype: HalfDType,
  halves: ArrayLike<number>,
  out: Float32Array | Float64Array = new Float32Array(halves.length),
): Float32Array | Float64Array {
  if (dtype === "f16") {
    const table = f16Values();
    for (let i = 0; i < out.length; i++) out[i] = table[halves[i] as number] as number;
    return out;
  }
  for (let at = 0; at < out.length; at += blockBits.length) {
    const count = Math.min(blockBits.length, out.length - at);
    for (let i = 0; i < count; i++) blockBits[i] = (halves[at + i] as number) << 16;
    out.set(count < block.length ? block.subarray(0, count) : block, at);
  }
  return out;
}

/** What is decoded at a time, and its bits. */
const block = new Float32Array(4096);
const blockBits = new Uint32Array(block.buffer);

/** The 16-bit codes of numbers, which are rounded to f32 first. Beyond the range of `dtype`: its infinity. */
export function encodeHalf(
  dtype: HalfDType,
  values: ArrayLike<number>,
  out: Uint16Array = new Uint16Array(values.length),
): Uint16Array {
  const kernels = dtype === "bf16" && values instanceof Float64Array ? simdKernels() : undefined;
  if (!kernels) return encodePlainly(dtype, values, out);
  for (let at = 0; at < values.length; at += kernels.capacity) {
    const part = (values as Float64Array).subarray(at, at + kernels.capacity);
    out.set(kernels.toBf16(part), at);
  }
  return out;
}

function encodePlainly(dtype: HalfDType, values: ArrayLike<number>, out: Uint16Array): Uint16Array {
  const floats = values instanceof Float32Array ? values : new Float32Array(values);
  const words = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  if (dtype === "f16") for (let i = 0; i < out.length; i++) out[i] = f16OfBits(words[i] as number);
  else for (let i = 0; i < out.length; i++) out[i] = bf16OfBits(words[i] as number);
  return out;
}

/** The number of each half dtype that is nearest to `x`. */
export const roundHalf: Readonly<Record<HalfDType, (x: number) => number>> = {
  f16: (x) => fromF16(toF16(x)),
  bf16: (x) => fromBf16(toBf16(x)),
};

const word = new Uint32Array(1);
const real = new Float32Array(word.buffer);

/** The bfloat16 bits of `x` (NaN stays a quiet NaN). */
export function toBf16(x: number): number {
  real[0] = x;
  return bf16OfBits(word[0] as number);
}

export function fromBf16(bits: number): number {
  word[0] = bits << 16;
  return real[0] as number;
}

/** The binary16 bits of `x`. */
export function toF16(x: number): number {
  real[0] = x;
  return f16OfBits(word[0] as number);
}

export function fromF16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

let values: Float32Array | undefined;

/** The value of every binary16 code, computed at the first use: 256 KiB. */
function f16Values(): Float32Array {
  values ??= new Float32Array(0x10000).map((_, bits) => fromF16(bits));
  return values;
}

function bf16OfBits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

function f16OfBits(bits: number): number {
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
