// Growth by matrices: what a tensor gains along each axis is a matrix times its old entries, what a layer gains is a sum
// of all layers.
import type { ParameterSpec } from "@cambium/model";
import { constant, copy, matmul, sum, take } from "../expr/build.js";
import type { Expr } from "../expr/expr.js";
import { entrywise, matrixAlong, repeatedColumn, unitRows, unitsAlong } from "../expr/products.js";
import { headOrder } from "../operator/heads.js";
import { type WidthAxis, type WidthSizes, widthAxes } from "../operator/width.js";

/** A matrix that is asked for: [after, before], for one axis of a tensor. */
export interface AxisMatrix {
  readonly axis: WidthAxis;
  /** Whether the axis counts heads. */
  readonly ofHeads: boolean;
  readonly role: ParameterSpec["axes"][number]["role"];
  /** For each row the old entry that already stands there; -1 where the entry is new. */
  readonly old: readonly number[];
  readonly columns: number;
}

/**
 * `of`, in `shape`, grown along every axis of `spec`: old entries stay, query heads with their key/value heads, and
 * `matrix` times the old entries is added.
 * @param wholeHeads matrices of heads have a row for each head, which rotary embeddings need, not for each of its rows.
 */
export function grownAlong(
  of: { readonly value: Expr; readonly shape: readonly number[] },
  { axes }: ParameterSpec,
  { from, to }: { readonly from: WidthSizes; readonly to: WidthSizes },
  { wholeHeads, matrix }: { readonly wholeHeads: boolean; matrix(asked: AxisMatrix): Expr },
): Expr {
  let { value, shape } = of;
  for (const [at, { axis: named, unit, role }] of axes.entries()) {
    const axis = widthAxes.find((one) => one === named);
    if (!axis || from[axis] === to[axis]) continue;
    const ofHeads = axis === "heads" || axis === "kvHeads";
    const order = axis === "heads" ? headOrder(from, to) : Array.from({ length: to[axis] }, (_, t) => t);
    const old = order.map((index) => (index < from[axis] ? index : -1));
    const whole = ofHeads && wholeHeads;
    const rows = whole ? 1 : unit;
    const by = matrix({
      ...{ axis, ofHeads, role },
      old: old.flatMap((index) => Array<number>(rows).fill(index)),
      columns: rows * from[axis],
    });
    const added = whole
      ? unitsAlong(by, value, { size: [to[axis], from[axis]], unit, at, shape })
      : matrixAlong(by, value, at);
    value = sum([take(value, at, unitRows(old, unit)), added]);
    shape = shape.with(at, to[axis] * unit);
  }
  return value;
}

/** W_start + Σ_j d[j] W_j over tensors of one shape, one from each layer of the base; `shares` is the row d. */
export function mixedLayers(layers: readonly ParameterSpec[], start: number, shares: Expr): Expr {
  const terms = layers.map(({ name, shape }, j) => {
    const share = matmul(constant([shape[0] as number, 1], 1), take(shares, 1, [j]));
    return entrywise(copy(name), repeatedColumn(share, shape), shape);
  });
  return sum([copy(layers[start]?.name as string), ...terms]);
}
