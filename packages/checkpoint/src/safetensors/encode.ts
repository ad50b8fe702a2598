// Host tensors as stored bytes, a few megabytes at a time: unchanged, or floats in another float type.
import { CambiumError, type DType, fromBf16, fromF16, type HostTensor, toBf16, toF16 } from "@cambium/ir";

/** Float types tensors can be stored as. */
export type StorageDType = "f32" | "bf16" | "f16";

const CHUNK_ELEMENTS = 1 << 20;

const widen: Record<StorageDType, (bits: number) => number> = { f32: (x) => x, f16: fromF16, bf16: fromBf16 };

/** The type `dtype` is stored as when floats are to be stored as `storage`: integers and booleans stay. */
export function storageOf(dtype: DType, storage: StorageDType | undefined): DType {
  return storage !== undefined && isFloat(dtype) ? storage : dtype;
}

/**
 * The little-endian bytes of `tensor` with elements of type `to`, in chunks; a chunk is valid until the next one.
 * @throws CambiumError `E_DTYPE` between floats and other types, `E_RANGE` when a finite number would become infinite.
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
  const room = Math.min(CHUNK_ELEMENTS, data.length);
  const out = to === "f32" ? new Float32Array(room) : new Uint16Array(room);
  const read = widen[dtype];
  const write = to === "f32" ? (x: number) => x : to === "bf16" ? toBf16 : toF16;
  const infinity = to === "bf16" ? 0x7f80 : 0x7c00;
  for (let start = 0; start < data.length; start += room) {
    const count = Math.min(room, data.length - start);
    for (let i = 0; i < count; i++) {
      const x = read(data[start + i] as number);
      const stored = write(x);
      if (to !== "f32" && (stored & 0x7fff) === infinity && Number.isFinite(x)) throw outOfRange(name, to, x);
      out[i] = stored;
    }
    yield new Uint8Array(out.buffer, 0, count * out.BYTES_PER_ELEMENT);
  }
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
