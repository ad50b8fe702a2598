// Between host tensors and how the device holds them: f16 and bf16 are widened on the way in and rounded on the way out.
import {
  bytesPerElement,
  type DType,
  decodeHalf,
  encodeHalf,
  type HostData,
  isHalf,
  numel,
  type TensorType,
} from "@cambium/ir";

/** Dtypes that are held in their own width. */
export const computes: readonly DType[] = ["f32", "i32", "bool"];

/** The dtype in which a tensor is held on the device and inside ONNX graphs. */
export const heldAs: Record<DType, "f32" | "i32" | "bool"> = {
  f32: "f32",
  i32: "i32",
  bool: "bool",
  f16: "f32",
  bf16: "f32",
};

/** Bytes that a tensor of `type` takes on the device. */
export function heldBytes({ dtype, shape }: TensorType): number {
  return numel(shape) * bytesPerElement[heldAs[dtype]];
}

/** Host data as the device holds it. Returns the same array if nothing changes. */
export function widen(dtype: DType, data: HostData): HostData {
  return isHalf(dtype) ? decodeHalf(dtype, data) : data;
}

/** A fresh copy of held data as host data. */
export function narrow(dtype: DType, held: HostData): HostData {
  return isHalf(dtype) ? encodeHalf(dtype, held) : held.slice();
}
