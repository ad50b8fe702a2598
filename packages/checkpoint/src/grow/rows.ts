// Rows of stored float tensors as float64 and back, a block at a time.
import type { ReadRows } from "@cambium/growth";
import { fromBf16, fromF16, toBf16, toF16 } from "@cambium/ir";
import type { ModelDirectory } from "../model-directory/open.js";
import { STORED_BITS, type StoredDType } from "../safetensors/dtype.js";
import type { TargetTensor } from "./table.js";

/** Numbers made at a time. */
const BLOCK = 1 << 18;

/** The same in float64. */
export const BLOCK_ROWS_BYTES = 8 * BLOCK;

/** Reads rows of `source`'s tensors by position. The types must be F32, F16 or BF16. */
export function rowReader(source: ModelDirectory): ReadRows {
  return async (name, start, end) => {
    const shard = source.shardOf(name);
    const { dtype, shape, byteLength } = shard.entry(name);
    const row = byteLength / (shape[0] as number);
    return decode(dtype, await shard.readBytes(name, start * row, end * row));
  };
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
  return converted(
    new Uint16Array(buffer, byteOffset, byteLength / 2),
    dtype === "F16" ? fromF16 : fromBf16,
    Float64Array,
  );
}

function encode(dtype: StoredDType, block: Float64Array): Uint8Array {
  if (dtype === "F32") return new Uint8Array(new Float32Array(block).buffer);
  return new Uint8Array(converted(block, dtype === "F16" ? toF16 : toBf16, Uint16Array).buffer);
}

type Numbers = Float64Array | Uint16Array;

/** `from` of the language with a function goes by a list of boxed numbers: several times the time and the memory. */
function converted<T extends Numbers>(values: Numbers, by: (value: number) => number, type: new (n: number) => T): T {
  const made = new type(values.length);
  for (let i = 0; i < made.length; i++) made[i] = by(values[i] as number);
  return made;
}
