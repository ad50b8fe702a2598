// Decodes stored bytes to host tensors: unchanged if the host has that type, or converted to f32 or i32.
import { CambiumError, type DType, decodeHalf, type HostTensor, hostTensor } from "@cambium/ir";
import { hostDType, type StoredDType } from "./dtype.js";
import type { TensorEntry } from "./header.js";

/** The types that {@link decodeTensor} can convert to. */
export type ReadDType = "f32" | "i32";

type View = (bytes: ArrayBuffer) => ArrayLike<number> | BigInt64Array | BigUint64Array;

/** Readers of the types with plain numbers. The others (floats of 8 bits or fewer, complex) are opaque. */
const VIEWS: Partial<Record<StoredDType, View>> = {
  BOOL: (bytes) => new Uint8Array(bytes),
  U8: (bytes) => new Uint8Array(bytes),
  I8: (bytes) => new Int8Array(bytes),
  U16: (bytes) => new Uint16Array(bytes),
  I16: (bytes) => new Int16Array(bytes),
  U32: (bytes) => new Uint32Array(bytes),
  I32: (bytes) => new Int32Array(bytes),
  U64: (bytes) => new BigUint64Array(bytes),
  I64: (bytes) => new BigInt64Array(bytes),
  F16: (bytes) => decodeHalf("f16", new Uint16Array(bytes)),
  BF16: (bytes) => decodeHalf("bf16", new Uint16Array(bytes)),
  F32: (bytes) => new Float32Array(bytes),
  F64: (bytes) => new Float64Array(bytes),
};

const FLOATS: readonly StoredDType[] = ["F16", "BF16", "F32", "F64"];

/**
 * The tensor that `entry` describes, over `bytes`, its whole content in a buffer of its own.
 * @param as `f32` rounds to nearest; `i32` converts integers and booleans exactly. Without it nothing is converted.
 * @throws CambiumError `E_DTYPE` if that conversion does not exist, `E_RANGE` if a number does not fit in i32.
 */
export function decodeTensor(entry: TensorEntry, bytes: ArrayBuffer, as?: ReadDType): HostTensor {
  const { dtype, shape } = entry;
  const host = hostDType(dtype);
  if (host !== undefined && (as === undefined || as === host)) return hostTensor(host, shape, hostView(host, bytes));
  const view = VIEWS[dtype];
  if (view === undefined || as === undefined || (as === "i32" && FLOATS.includes(dtype))) throw noSuchTensor(entry, as);
  const values = view(bytes);
  if (as === "f32") return hostTensor("f32", shape, isBig(values) ? Float32Array.from(values, Number) : asF32(values));
  return hostTensor(
    "i32",
    shape,
    Int32Array.from(values as ArrayLike<number | bigint>, (value) => toI32(value, entry)),
  );
}

function hostView(dtype: DType, bytes: ArrayBuffer): Float32Array | Int32Array | Uint8Array | Uint16Array {
  if (dtype === "f32") return new Float32Array(bytes);
  if (dtype === "i32") return new Int32Array(bytes);
  return dtype === "bool" ? new Uint8Array(bytes) : new Uint16Array(bytes);
}

function asF32(values: ArrayLike<number>): Float32Array {
  return values instanceof Float32Array ? values : new Float32Array(values);
}

function isBig(values: ArrayLike<number> | BigInt64Array | BigUint64Array): values is BigInt64Array | BigUint64Array {
  return values instanceof BigInt64Array || values instanceof BigUint64Array;
}

function toI32(value: number | bigint, entry: TensorEntry): number {
  const number = Number(value);
  if (number === (number | 0)) return number;
  throw new CambiumError("E_RANGE", "an integer does not fit in 32 bits", {
    where: `tensor ${entry.name}`,
    expected: "-2147483648 … 2147483647",
    got: String(value),
  });
}

function noSuchTensor({ name, dtype }: TensorEntry, as: ReadDType | undefined): CambiumError {
  return new CambiumError("E_DTYPE", `a ${dtype} tensor cannot be read ${as === undefined ? "as it is" : `as ${as}`}`, {
    where: `tensor ${name}`,
    expected: `one of ${as === undefined ? "F32 F16 BF16 I32 BOOL" : Object.keys(VIEWS).join(" ")}`,
    got: dtype,
    hint: as === undefined ? "ask for f32 or i32, or take its bytes" : "take its bytes",
  });
}
