// Embeds a tensor of the base in a larger one: the old entries first along each axis, new ones after them.
import type { ParameterSpec } from "@cambium/model";
import { concat, copy, take } from "../expr/build.js";
import type { Expr } from "../expr/expr.js";

/**
 * A block of new entries: columns beside the old rows, or whole rows below them; `all` if the base has no such tensor.
 */
export interface Block {
  readonly where: "columns" | "rows" | "all";
  readonly shape: readonly number[];
  /** The dimension along which the entries are new; undefined for `all`. */
  readonly at?: 0 | 1;
}

/**
 * `spec` made of the base's tensor `old` and of new blocks. Query heads stand where `order` puts them (`headOrder`).
 * @param from the expression of the old entries, in the shape of `old`; default: a copy of the base's.
 */
export function padded(
  { name, shape, axes }: ParameterSpec,
  old: ParameterSpec | undefined,
  order: readonly number[],
  fill: (block: Block) => Expr,
  from: Expr = copy(name),
): Expr {
  if (!old) return fill({ where: "all", shape });
  const [rows = 0, columns = 0] = shape;
  const [oldRows = 0, oldColumns = 0] = old.shape;
  let value = from;
  if (columns > oldColumns) {
    const beside = fill({ where: "columns", shape: [oldRows, columns - oldColumns], at: 1 });
    value = concat(1, [value, beside]);
  }
  if (rows > oldRows) {
    const below = fill({ where: "rows", shape: [rows - oldRows, ...shape.slice(1)], at: 0 });
    value = concat(0, [value, below]);
  }
  const moved = axes.some(({ axis }) => axis === "heads") && order.some((to, j) => to !== j);
  return moved ? take(value, "heads", order) : value;
}
