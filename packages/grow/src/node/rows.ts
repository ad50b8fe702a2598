// Rows of stored float tensors as float64 and back, a block at a time.

import { type ModelDirectory, STORED_AS, STORED_BITS, type StoredDType } from "@cambium/checkpoint";
import type { ReadRows } from "@cambium/growth";
import { CambiumError, decodeHalf, encodeHalf } from "@cambium/ir";
import type { FloatDType } from "@cambium/model";
import type { TargetTensor } from "./target.js";

/** The largest finite number of half precision. */
const largestF16 = 65_504;

/** Numbers made at a time. */
const BLOCK = 1 << 18;

/** The same in float64. */
export const BLOCK_ROWS_BYTES = 8 * BLOCK;

/** Reads rows of `source`'s tensors by position, rounded to `as`. The types must be F32, F16 or BF16. */
export function rowReader(source: ModelDirectory, as: FloatDType = "f32"): ReadRows {
  return async (name, start, end) => {
    const shard = source.shardOf(name);
    const { dtype, shape, byteLength } = shard.entry(name);
    const row = byteLength / (shape[0] as number);
    const rows = decode(dtype, await shard.readBytes(name, start * row, end * row));
    if (as === "f32" || dtype === STORED_AS[as]) return rows;
    if (as === "f16") checkF16Range(name, rows);
    return new Float64Array(decodeHalf(as, encodeHalf(as, rows)));
  };
}

/** `block`. @throws CambiumError `E_RANGE` for a finite number that half precision cannot hold */
export function checkF16Range(where: string, block: Float64Array): Float64Array {
  const large = block.find((x) => Math.abs(x) > largestF16 && Number.isFinite(x));
  if (large === undefined) return block;
  throw new CambiumError("E_RANGE", "half precision cannot hold this tensor", {
    where,
    expected: `at most ${largestF16}`,
    got: `${large}`,
    hint: "keep its type, or choose bf16",
  });
}

/** The bytes of a tensor that is made from others, without the first `skipped`. */
export async function* computedChunks({ dtype, shape, rows }: TargetTensor, skipped = 0): AsyncGenerator<Uint8Array> {
  const height = shape[0] as number;
  const width = shape.slice(1).reduce((product, n) => product * n, 1);
  const rowBytes = (width * STORED_BITS[dtype]) / 8;
  const step = Math.max(1, Math.floor(BLOCK / width));
  let surplus = skipped % rowBytes;
  for (let start = Math.floor(skipped / rowBytes); start < height; start += step) {
    const block = await rows?.(start, Math.min(start + step, height));
    if (block) yield encode(dtype, block).subarray(surplus);
    surplus = 0;
  }
}

function decode(dtype: StoredDType, bytes: Uint8Array): Float64Array {
  const { buffer, byteOffset, byteLength } = bytes;
  if (dtype === "F32") return new Float64Array(new Float32Array(buffer, byteOffset, byteLength / 4));
  const halves = new Uint16Array(buffer, byteOffset, byteLength / 2);
  return new Float64Array(decodeHalf(dtype === "BF16" ? "bf16" : "f16", halves));
}

function encode(dtype: StoredDType, block: Float64Array): Uint8Array {
  if (dtype === "F32") return new Uint8Array(new Float32Array(block).buffer);
  return new Uint8Array(encodeHalf(dtype === "BF16" ? "bf16" : "f16", block).buffer);
}
