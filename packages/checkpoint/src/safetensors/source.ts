// Sources of tensors for a file: described up front, with bytes that are read one tensor at a time.
import { CambiumError, formatType, type HostTensor, sameType, type TensorType } from "@cambium/ir";
import { STORED_AS } from "./dtype.js";
import { encodeTensor, type StorageDType, storageOf } from "./encode.js";
import type { TensorInfo } from "./header.js";

/** A tensor to write: its declaration in the file, and its bytes on request. */
export interface TensorSource extends TensorInfo {
  /** Exactly the tensor's bytes, row-major, little-endian. A chunk is valid until the next one. */
  chunks(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** A tensor in memory as a source. `storage` is the type that floats are stored as; without it nothing is converted. */
export function hostSource(name: string, tensor: HostTensor, storage?: StorageDType): TensorSource {
  const to = storageOf(tensor.dtype, storage);
  return { name, dtype: STORED_AS[to], shape: tensor.shape, chunks: () => encodeTensor(name, tensor, to) };
}

/** Every tensor of `tensors` as a source; see {@link hostSource}. */
export function hostSources(
  tensors: Readonly<Record<string, HostTensor>> | Iterable<readonly [string, HostTensor]>,
  storage?: StorageDType,
): TensorSource[] {
  const pairs = Symbol.iterator in tensors ? [...tensors] : Object.entries(tensors);
  return pairs.map(([name, tensor]) => hostSource(name, tensor, storage));
}

/**
 * A tensor that is fetched when it is written, e.g. from a device.
 * @throws CambiumError while it is written: `E_SHAPE` if `read` returns a tensor of another type.
 */
export function lazySource(
  name: string,
  type: TensorType,
  read: () => HostTensor | Promise<HostTensor>,
  storage?: StorageDType,
): TensorSource {
  const to = storageOf(type.dtype, storage);
  return {
    name,
    dtype: STORED_AS[to],
    shape: type.shape,
    async *chunks() {
      const tensor = await read();
      if (!sameType(tensor, type)) {
        throw new CambiumError("E_SHAPE", "a tensor does not have the type that was declared", {
          where: `tensor ${name}`,
          expected: formatType(type),
          got: formatType(tensor),
        });
      }
      yield* encodeTensor(name, tensor, to);
    },
  };
}
