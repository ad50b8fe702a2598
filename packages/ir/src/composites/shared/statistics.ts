// Shared by composites whose second output is a statistic that their gradient rule reads.
import { formatType, type TensorType } from "../../dtype.js";
import { CambiumError } from "../../errors.js";
import type { Tensor } from "../../graph.js";

/** @throws CambiumError `E_GRADIENT` when the loss depends on a statistic: the gradient rule ignores that path. */
export function requireNoGradient(output: string, grad: Tensor | null | undefined): void {
  if (!grad) return;
  throw new CambiumError("E_GRADIENT", `the loss depends on output ${output}, which carries no gradient`, {
    hint: "differentiate with `decomposed: true`",
  });
}

/** Checks the inputs that a gradient op has in addition to its forward op's. @throws CambiumError `E_SHAPE`. */
export function requireTypes(types: readonly TensorType[], needed: readonly TensorType[]): void {
  const [got, expected] = [types, needed].map((list) => list.map(formatType).join(", ")) as [string, string];
  if (got !== expected) throw new CambiumError("E_SHAPE", "inputs do not fit together", { expected, got });
}
