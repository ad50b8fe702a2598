// The element types of safetensors files, and which of them Cambium computes with.
import type { DType } from "@cambium/ir";

/**
 * Bits per element, in the order of `enum Dtype` in huggingface/safetensors. That reference writer sorts tensors by it,
 * last first. Types without a host type are copied as opaque bytes.
 */
export const STORED_BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

/** The name of an element type in a safetensors header. */
export type StoredDType = keyof typeof STORED_BITS;

const RANKS = new Map(Object.keys(STORED_BITS).map((dtype, rank) => [dtype, rank]));

/** Position in the reference writer's order; the highest is stored first. */
export function storedRank(dtype: StoredDType): number {
  return RANKS.get(dtype) as number;
}

export function isStoredDType(text: unknown): text is StoredDType {
  return typeof text === "string" && Object.hasOwn(STORED_BITS, text);
}

/** How each host type is stored. */
export const STORED_AS: Readonly<Record<DType, StoredDType>> = {
  f32: "F32",
  i32: "I32",
  bool: "BOOL",
  f16: "F16",
  bf16: "BF16",
};

/** The host type with the same representation as `dtype`, if there is one. */
export function hostDType(dtype: StoredDType): DType | undefined {
  return (Object.keys(STORED_AS) as DType[]).find((host) => STORED_AS[host] === dtype);
}

/**
 * The number of bytes of a dense tensor; undefined if a size is not a natural number, the number of bits exceeds 2^53,
 * or elements smaller than a byte do not fill whole bytes.
 */
export function storedByteLength(dtype: StoredDType, shape: readonly unknown[]): number | undefined {
  let bits: number = STORED_BITS[dtype];
  for (const size of shape) {
    if (!isSize(size)) return undefined;
    bits *= size;
    if (!Number.isSafeInteger(bits)) return undefined;
  }
  return bits % 8 === 0 ? bits / 8 : undefined;
}

/** Whether `value` is a natural number that a double represents exactly. */
export function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
