// Rows of stored float tensors as float64 and back.
import { STORED_AS, STORED_BITS, type StoredDType, type TensorEntry } from "@cambium/checkpoint";
import { type ReadRows, storage } from "@cambium/growth";
import { CambiumError, decodeHalf, encodeHalf, numel } from "@cambium/ir";
import type { FloatDType } from "@cambium/model";

/** The largest finite number of half precision. */
const largestF16 = 65_504;

/** Stored tensors, wherever they are read from. */
export interface Stored {
  entry(name: string): TensorEntry;
  /** Bytes `start` to `end` of a tensor, which the next reading may overwrite. */
  read(name: string, start: number, end: number): Uint8Array | Promise<Uint8Array>;
}

/** Reads rows of tensors by position, rounded to `as`. The types must be F32, F16 or BF16. */
export function rowReader(stored: Stored, as: FloatDType = "f32"): ReadRows {
  return async (name, start, end) => {
    const { dtype, shape, byteLength } = stored.entry(name);
    const row = byteLength / (shape[0] as number);
    const rows = decode(dtype, await stored.read(name, start * row, end * row));
    if (as === "f32" || dtype === STORED_AS[as]) return rows;
    if (as === "f16") checkF16Range(name, rows);
    return decodeHalf(as, encodeHalf(as, rows), rows);
  };
}

/** @throws CambiumError `E_RANGE` for a finite number that half precision cannot hold */
export function checkF16Range(where: string, block: Float64Array): void {
  const large = block.find((x) => Math.abs(x) > largestF16 && Number.isFinite(x));
  if (large === undefined) return;
  throw new CambiumError("E_RANGE", "half precision cannot hold this tensor", {
    where,
    expected: `at most ${largestF16}`,
    got: `${large}`,
    hint: "keep its type, or choose bf16",
  });
}

/** Bytes of one entry of the first dimension. */
export function rowBytes(dtype: StoredDType, shape: readonly number[]): number {
  return (rowWidth(shape) * STORED_BITS[dtype]) / 8;
}

export function rowWidth(shape: readonly number[]): number {
  return numel(shape.slice(1));
}

function decode(dtype: StoredDType, bytes: Uint8Array): Float64Array {
  const { buffer, byteOffset, byteLength } = bytes;
  const out = storage((8 * byteLength) / STORED_BITS[dtype]);
  if (dtype === "F32") out.set(new Float32Array(buffer, byteOffset, out.length));
  else decodeHalf(dtype === "BF16" ? "bf16" : "f16", new Uint16Array(buffer, byteOffset, out.length), out);
  return out;
}

/** Writes `block` as `dtype` to `out`, which must begin at a multiple of the type's size in its buffer. */
export function encode(dtype: StoredDType, block: Float64Array, out: Uint8Array): void {
  const { buffer, byteOffset } = out;
  if (dtype === "F32") new Float32Array(buffer, byteOffset, block.length).set(block);
  else encodeHalf(dtype === "BF16" ? "bf16" : "f16", block, new Uint16Array(buffer, byteOffset, block.length));
}
