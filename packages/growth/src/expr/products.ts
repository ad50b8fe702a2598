// Products that plan expressions have no kind for, built from takes and matrix products: entry by entry, and a matrix
// along one axis of a tensor.
import { constant, matmul, sum, take } from "./build.js";
import type { Expr } from "./expr.js";

type Shape = readonly number[];

/** `of` times `by`, entry by entry; both have `shape`. */
export function entrywise(of: Expr, by: Expr, shape: Shape): Expr {
  const at = shape.length > 1 && (shape[1] as number) < (shape[0] as number) ? 1 : 0;
  const all = Array.from({ length: shape[at] as number }, (_, i) => i);
  return take(of, at, all, by);
}

/** `column` [rows, 1], repeated in every column of `shape`. */
export function repeatedColumn(column: Expr, shape: Shape): Expr {
  return matmul(column, constant(shape.length === 1 ? [1] : [1, shape[1] as number], 1));
}

/** `matrix` [after, before] times dimension `at` of `of`, a vector or a matrix. */
export function matrixAlong(matrix: Expr, of: Expr, at: number): Expr {
  return at === 0 ? matmul(matrix, of) : matmul(of, matrix, { right: true });
}

/**
 * As `matrixAlong`, for units of `unit` rows that stay whole, such as heads: (`matrix` ⊗ I) times dimension `at`.
 * @param size the shape of `matrix`: units after and before growth.
 * @param shape the shape of `of`.
 */
export function unitsAlong(
  matrix: Expr,
  of: Expr,
  {
    size: [after, before],
    unit,
    at,
    shape,
  }: { size: readonly [number, number]; unit: number; at: number; shape: Shape },
): Expr {
  const wide = shape.with(at, after * unit);
  const rows = Array.from({ length: after * unit }, (_, i) => Math.floor(i / unit));
  const terms = Array.from({ length: before }, (_, s) => {
    const factor = take(take(matrix, 0, rows), 1, [s]);
    const copies = Array.from({ length: after * unit }, (_, i) => s * unit + (i % unit));
    const factors =
      at === 0 ? repeatedColumn(factor, wide) : matmul(constant([shape[0] as number, 1], 1), factor, { right: true });
    return entrywise(take(of, at, copies), factors, wide);
  });
  return sum(terms);
}

/** Indices of units expanded to indices of their rows; −1 stays −1. */
export function unitRows(indices: readonly number[], unit: number): number[] {
  return indices.flatMap((index) => Array.from({ length: unit }, (_, i) => (index < 0 ? -1 : index * unit + i)));
}
