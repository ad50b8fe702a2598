// Embeds a tensor of the base in a larger one: the old entries first along each axis, new ones after them.
import { type ParameterSpec, parameterTable } from "@cambium/model";
import { concat, constant, copy, normal, take, zeros } from "../expr/build.js";
import type { Expr } from "../expr/expr.js";
import { headOrder } from "./heads.js";
import type { WidthGrowth } from "./width.js";

/**
 * A block of new entries: columns beside the old rows, or whole rows below them; `all` if the base has no such tensor.
 */
export interface Block {
  readonly where: "columns" | "rows" | "all";
  readonly shape: readonly number[];
  /** The dimension along which the entries are new; undefined for `all`. */
  readonly at?: 0 | 1;
  /** The columns of the base's tensor; 0 if it has none. */
  readonly oldColumns: number;
}

/** New entries of zero: of moments that begin so. */
export function zeroBlock({ shape }: Pick<Block, "shape">): Expr {
  return zeros(shape);
}

/** New entries in that shape: the parameter's neutral value if it has one, else normal numbers that `seed` names. */
export function drawn({ neutral }: ParameterSpec, shape: readonly number[], std: number, seed: string): Expr {
  return neutral === undefined ? normal(shape, std, seed) : constant(shape, neutral);
}

/**
 * `spec` made of the base's tensor `old` and of new blocks. Query heads stand where `order` puts them (`headOrder`).
 * @param from the expression of the old entries, in the shape of `old`; default: a copy of the base's.
 */
function padded(
  { name, shape, axes }: ParameterSpec,
  old: ParameterSpec | undefined,
  order: readonly number[],
  fill: (block: Block) => Expr,
  from: Expr = copy(name),
): Expr {
  if (!old) return fill({ where: "all", shape, oldColumns: 0 });
  const [rows = 0, columns = 0] = shape;
  const [oldRows = 0, oldColumns = 0] = old.shape;
  let value = from;
  if (columns > oldColumns) {
    const beside = fill({ where: "columns", shape: [oldRows, columns - oldColumns], at: 1, oldColumns });
    value = concat(1, [value, beside]);
  }
  if (rows > oldRows) {
    const below = fill({ where: "rows", shape: [rows - oldRows, ...shape.slice(1)], at: 0, oldColumns });
    value = concat(0, [value, below]);
  }
  const moved = axes.some(({ axis }) => axis === "heads") && order.some((to, j) => to !== j);
  return moved ? take(value, "heads", order) : value;
}

/**
 * Places tensors of a growth, see `padded`: a tensor that does not grow is the base's. By default a tensor embeds the
 * base's of its name.
 */
export type Place = (
  spec: ParameterSpec,
  fill: (block: Block) => Expr,
  from?: Expr,
  old?: ParameterSpec | undefined,
) => Expr;

/**
 * `padded` for the tensors of one growth in width: old query heads stay with their key/value heads. Sizes may be left
 * out where heads do not grow.
 */
export function placement({ base, from, to }: Pick<WidthGrowth, "base"> & Partial<WidthGrowth>): Place {
  const tables = new Map(parameterTable(base).map((spec) => [spec.name, spec]));
  const order = from && to ? headOrder(from, to) : [];
  return (spec, fill, expr, old = tables.get(spec.name)) => padded(spec, old, order, fill, expr);
}
