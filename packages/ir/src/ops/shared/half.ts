// Shared by ops that accept operands stored in half precision. Such an operand counts as f32; sums and results are f32.
import { isFloat, type TensorType } from "../../dtype.js";
import type { Tensor } from "../../graph.js";
import { cast } from "../cast.js";

/** The type an operand counts as: f32 for f16 and bf16. */
export function wide(type: TensorType): TensorType {
  return isFloat(type.dtype) ? { dtype: "f32", shape: type.shape } : type;
}

/** The operand cast to f32, for ops that do not accept half precision. */
export function widen(x: Tensor): Tensor {
  return isFloat(x.dtype) && x.dtype !== "f32" ? cast(x, { to: "f32" }) : x;
}
