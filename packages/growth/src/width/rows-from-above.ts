// The advanced knowledge initialisation of bert2BERT (Chen et al. 2021): rows that are copies are made of the next layer.
import { type ModelSpec, parameterTable } from "@cambium/model";
import { copy, sum, take } from "../expr/build.js";
import type { Expr } from "../expr/expr.js";
import { substitute } from "../expr/walk.js";
import type { PlanParts } from "../plan/plan.js";
import { counterparts } from "../plan/tensors.js";
import { listOf } from "./index-map.js";
import { mapOf, type WidthMaps } from "./width-maps.js";

/** `parts` with those rows, by the same maps. The last layer, and what is outside the layers, stay as they are. */
export function rowsFromAbove(
  parts: PlanParts,
  { base, target }: { readonly base: ModelSpec; readonly target: ModelSpec },
  maps: WidthMaps,
): PlanParts {
  const sourceOf = counterparts(base);
  const tensors = { ...parts.tensors };
  const moments = { ...parts.optimizer?.moments };
  for (const spec of parameterTable(target)) {
    const { name, axes, layer } = spec;
    const [rows] = axes;
    const map = rows && rows.role !== "in" ? mapOf(maps, rows.axis) : undefined;
    const next = layer === undefined ? undefined : sourceOf(spec, layer + 1)?.name;
    if (!rows || !map || map.identity || next === undefined) continue;
    const value = tensors[name] as Expr;
    const above = substitute(value, () => copy(next));
    const own = listOf(map, "rows that stay", () => map.ranks.map((rank, t) => (rank === 0 ? t : -1)));
    const copies = listOf(map, "rows from above", () => map.ranks.map((rank, t) => (rank === 0 ? -1 : t)));
    tensors[name] = sum([take(value, rows.axis, own), take(above, rows.axis, copies)]);
    delete moments[name];
  }
  return { ...parts, tensors, optimizer: { ...parts.optimizer, moments } };
}
