// Element types, their sizes and host arrays, and the tensors that cross the host boundary.
import { CambiumError } from "./errors.js";
import { numel } from "./shape.js";

/** Ops compute in `f32`, `i32` and `bool`. `f16` and `bf16` are for storage: some ops read them and return f32. */
export type DType = "f32" | "i32" | "bool" | "f16" | "bf16";

export const bytesPerElement: Record<DType, number> = { f32: 4, i32: 4, bool: 1, f16: 2, bf16: 2 };

/** Whether values of `dtype` carry a gradient; the gradient itself is always f32. */
export function isFloat(dtype: DType): boolean {
  return dtype !== "i32" && dtype !== "bool";
}

export type HostData = Float32Array | Int32Array | Uint8Array | Uint16Array;

interface HostArrays {
  f32: Float32Array;
  i32: Int32Array;
  bool: Uint8Array;
  f16: Uint16Array;
  bf16: Uint16Array;
}

/** A dense row-major tensor in host memory. f16 and bf16 are held as their 16 bits. */
export interface HostTensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: HostArrays[D];
}

export interface TensorType {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export function f32(...shape: number[]): TensorType {
  return { dtype: "f32", shape };
}

export function i32(...shape: number[]): TensorType {
  return { dtype: "i32", shape };
}

export function bool(...shape: number[]): TensorType {
  return { dtype: "bool", shape };
}

/** Zeroed host storage for `length` elements. */
export function allocate<D extends DType>(dtype: D, length: number): HostArrays[D] {
  const make: { [K in DType]: (n: number) => HostArrays[K] } = {
    f32: (n) => new Float32Array(n),
    i32: (n) => new Int32Array(n),
    bool: (n) => new Uint8Array(n),
    f16: (n) => new Uint16Array(n),
    bf16: (n) => new Uint16Array(n),
  };
  return make[dtype](length);
}

/**
 * A host tensor over `data`, which it does not copy.
 * @throws CambiumError `E_SHAPE` when `data` does not hold exactly `shape`'s elements.
 */
export function hostTensor<D extends DType>(
  dtype: D,
  shape: readonly number[],
  data: HostArrays[D] | readonly number[] = allocate(dtype, numel(shape)),
): HostTensor<D> {
  let held: HostArrays[D];
  if (Array.isArray(data)) {
    held = allocate(dtype, data.length);
    held.set(data as number[]);
  } else {
    held = data as HostArrays[D];
  }
  if (held.length !== numel(shape)) {
    throw new CambiumError("E_SHAPE", `data does not fill a tensor of shape [${shape}]`, {
      expected: `${numel(shape)} elements`,
      got: `${held.length} elements`,
    });
  }
  return { dtype, shape, data: held };
}

export function byteLength(type: TensorType): number {
  return numel(type.shape) * bytesPerElement[type.dtype];
}

export function sameType(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && a.shape.length === b.shape.length && a.shape.every((n, i) => n === b.shape[i]);
}

/** `f32[8,256]`; a scalar is `f32[]`. */
export function formatType(type: TensorType): string {
  return `${type.dtype}[${type.shape.join(",")}]`;
}
