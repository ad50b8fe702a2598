// Literals: numbers as WGSL writes them.
import type { DType } from "@cambium/ir";

/** Whether WGSL can write the number: a constant expression may be neither infinite nor NaN. */
export function spellable(value: number): boolean {
  return Number.isFinite(value);
}

/** @param dtype of the value; an f16 is an f32 in a kernel */
export function literal(value: number, dtype: DType): string {
  if (dtype === "bool") return value === 0 ? "false" : "true";
  if (dtype === "i32") return value < 0 ? `i32(${value})` : `${value}i`;
  const text = `${Math.fround(value)}f`;
  return value < 0 || Object.is(value, -0) ? `(${Object.is(value, -0) ? "-0f" : text})` : text;
}
