// Host tensors to float64 rows and back: computed in float64, cast once at the end.
import { allocate, type DType, decodeHalf, encodeHalf, type HostTensor, isHalf, numel } from "@cambium/ir";
import { storage } from "./storage.js";
import { rowLength, type Value, withRows } from "./value.js";

/** Float64 numbers computed at a time (2 MiB): the memory that a tensor takes beyond its sources and the result. */
const blockLength = 1 << 18;

/** Rows `start` to `end` of a host tensor as float64, exact. */
export function hostRows(tensor: HostTensor, start: number, end: number): Float64Array {
  const width = rowLength(tensor.shape);
  const part = tensor.data.subarray(start * width, end * width);
  const out = storage(part.length);
  if (isHalf(tensor.dtype)) return decodeHalf(tensor.dtype, part, out);
  out.set(part);
  return out;
}

/** The whole of a value as a host tensor, made in blocks of rows. */
export async function toHostTensor(value: Pick<Value, "shape" | "rows">, dtype: DType): Promise<HostTensor> {
  const { shape } = value;
  const data = allocate(dtype, numel(shape));
  const width = rowLength(shape);
  const height = shape[0] as number;
  const step = Math.max(1, Math.floor(blockLength / width));
  for (let start = 0; start < height; start += step) {
    await withRows(value, start, Math.min(start + step, height), (rows) =>
      data.set(isHalf(dtype) ? encodeHalf(dtype, rows) : rows, start * width),
    );
  }
  return { dtype, shape, data } as HostTensor;
}
