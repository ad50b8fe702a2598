// Between host tensors and how the device holds them: f16 and bf16 are widened on the way in and rounded on the way out.
import {
  allocate,
  bytesPerElement,
  type DType,
  fromBf16,
  fromF16,
  type HostData,
  numel,
  type TensorType,
  toBf16,
  toF16,
} from "@cambium/ir";

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

/** Host data as the device holds it; the same array where nothing changes. */
export function widen(dtype: DType, data: HostData): HostData {
  if (dtype !== "f16" && dtype !== "bf16") return data;
  const decode = dtype === "f16" ? fromF16 : fromBf16;
  return Float32Array.from(data, decode);
}

/** A fresh copy of held data as host data. */
export function narrow(dtype: DType, held: HostData): HostData {
  if (dtype !== "f16" && dtype !== "bf16") return held.slice();
  const encode = dtype === "f16" ? toF16 : toBf16;
  const out = allocate(dtype, held.length);
  for (let i = 0; i < held.length; i++) out[i] = encode(held[i] as number);
  return out;
}
