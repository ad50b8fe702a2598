// Values for what a plan declares (`given`), as a search might find them.

import type { ReadRows } from "../evaluate/value.js";
import { givenOf } from "../expr/walk.js";
import { readExactly } from "../measure/logits.js";
import type { GrowthPlan } from "../plan/plan.js";

/**
 * Float64 values of every declared matrix, for `growExactly`.
 * @param entry the entry of the matrix of that name; the last argument is the matrix's shape
 */
export function foundBy(
  { tensors }: Pick<GrowthPlan, "tensors">,
  entry: (name: string, row: number, column: number, shape: readonly number[]) => number,
): ReadRows {
  const made = givenOf(tensors).map(({ name, shape }) => {
    const [rows = 0, columns = 0] = shape;
    const at = (i: number) => entry(name, Math.floor(i / columns), i % columns, shape);
    const data = Float64Array.from({ length: rows * columns }, (_, i) => at(i));
    return [name, { type: { dtype: "f32", shape }, data }] as const;
  });
  return readExactly(Object.fromEntries(made));
}
