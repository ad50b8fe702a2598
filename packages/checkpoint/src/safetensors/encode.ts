// Encodes host tensors to stored bytes, a few megabytes at a time: unchanged, or floats in another float type.
import { CambiumError, type DType, decodeHalf, encodeHalf, type HalfDType, type HostTensor, isHalf } from "@cambium/ir";

/** Float types that tensors can be stored as. */
export type StorageDType = "f32" | "bf16" | "f16";

const CHUNK_ELEMENTS = 1 << 20;

/** The type that `dtype` is stored as if floats are stored as `storage`; integers and booleans do not change. */
export function storageOf(dtype: DType, storage: StorageDType | undefined): DType {
  return storage !== undefined && isFloat(dtype) ? storage : dtype;
}

/**
 * The little-endian bytes of `tensor` with elements of type `to`, in chunks. A chunk is valid until the next one.
 * @throws CambiumError `E_DTYPE` between floats and other types, `E_RANGE` if a finite number would become infinite.
 */
export function* encodeTensor(name: string, tensor: HostTensor, to: DType): Generator<Uint8Array> {
  const { dtype, data } = tensor;
  if (dtype === to) {
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return;
  }
  if (!isFloat(dtype) || !isFloat(to)) {
    throw new CambiumError("E_DTYPE", `a ${dtype} tensor cannot be stored as ${to}`, { where: `tensor ${name}` });
  }
  for (let start = 0; start < data.length; start += CHUNK_ELEMENTS) {
    const part = data.subarray(start, start + CHUNK_ELEMENTS);
    const floats = isHalf(dtype) ? decodeHalf(dtype, part) : (part as Float32Array);
    yield new Uint8Array((isHalf(to) ? encodeInRange(name, floats, to) : floats).buffer);
  }
}

function encodeInRange(name: string, floats: Float32Array, to: HalfDType): Uint16Array {
  const halves = encodeHalf(to, floats);
  const infinity = to === "bf16" ? 0x7f80 : 0x7c00;
  const beyond = halves.findIndex((half, i) => (half & 0x7fff) === infinity && Number.isFinite(floats[i]));
  if (beyond >= 0) throw outOfRange(name, to, floats[beyond] as number);
  return halves;
}

function isFloat(dtype: DType): dtype is StorageDType {
  return dtype === "f32" || dtype === "f16" || dtype === "bf16";
}

function outOfRange(name: string, to: StorageDType, x: number): CambiumError {
  return new CambiumError("E_RANGE", `a number is too large for ${to}`, {
    where: `tensor ${name}`,
    got: String(x),
    hint: "store this model as f32 or bf16",
  });
}
