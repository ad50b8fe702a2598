// Shared by composites with a gradient rule of their own: their second output is a statistic kept for that rule.
import { formatType, type TensorType } from "../../dtype.js";
import { CambiumError } from "../../errors.js";
import type { Tensor } from "../../graph.js";

/** @throws CambiumError `E_GRADIENT` when the loss depends on a statistic, whose gradient the rule leaves out. */
export function requireNoGradient(output: string, grad: Tensor | null | undefined): void {
  if (!grad) return;
  throw new CambiumError("E_GRADIENT", `output ${output} carries no gradient, and the loss depends on it`, {
    hint: "differentiate with `decomposed: true`",
  });
}

/** @throws CambiumError `E_SHAPE` unless the types a gradient op takes besides the forward op's are those it needs. */
export function requireTypes(types: readonly TensorType[], needed: readonly TensorType[]): void {
  const [got, expected] = [types, needed].map((list) => list.map(formatType).join(", ")) as [string, string];
  if (got !== expected) throw new CambiumError("E_SHAPE", "inputs do not fit together", { expected, got });
}
