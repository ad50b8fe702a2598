// Growth along axes by matrices: what a tensor gains along each axis is a matrix times its old entries.
import type { ParameterSpec } from "@cambium/model";
import { sum, take } from "../expr/build.js";
import type { Expr } from "../expr/expr.js";
import { matrixAlong, unitRows, unitsAlong } from "../expr/products.js";
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
