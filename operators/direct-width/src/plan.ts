// The plan of G_direct in width: every tensor along each of its axes, the rules of its moments, and learning rates.
import {
  constant,
  copy,
  type Expr,
  type PlanParts,
  planTables,
  substitute,
  sum,
  take,
  type WidthAxis,
} from "@cambium/growth";
import {
  isTied,
  type ModelSpec,
  modelSizes,
  type ParameterAxis,
  type ParameterSpec,
  parameterTable,
} from "@cambium/model";
import { listOf, type WidthMap, type WidthMaps } from "./maps.js";
import type { Options } from "./options.js";
import { shares, splitReader } from "./split.js";
import type { Stream } from "./stream.js";

/** All that a growth in width decides before it speaks of tensors. */
export interface Width {
  readonly maps: WidthMaps;
  readonly stream: Stream;
}

/**
 * Moments: copies of a written index have the gradient a g, a their share, or a g / s where they are written times s;
 * what reads them has g; a norm's weight times nu has a g / nu.
 */
export function widthPlan(base: ModelSpec, target: ModelSpec, width: Width, options: Options): PlanParts {
  const tensors: Record<string, Expr> = {};
  const moments: Record<string, Expr> = {};
  const lrMultipliers: Record<string, number> = {};
  for (const spec of planTables({ base, target }).target) {
    const { name, axes, kind } = spec;
    let [value, moment]: [Expr, Expr] = [copy(name), copy(name)];
    for (const { axis, role } of axes) {
      const map = mapOf(width.maps, axis);
      if (!map || map.identity) continue;
      const read = role === "in";
      if (kind === "norm") value = normWeight(value, spec, map, width.stream);
      else if (read) value = splitReader(reader(value, spec, axis as WidthAxis, map, target), options);
      else value = take(value, axis, map.indices, ...factors(axis === "hidden" ? width.stream.written : []));
      moment = take(
        moment,
        axis,
        map.indices,
        ...factors(read ? [] : gradientFactors(axis as WidthAxis, spec, base, width, options)),
      );
      const count = evenCount(map);
      if (read && count > 1 && options.scaleLearningRates) lrMultipliers[name] = 1 / count;
    }
    const above = options.rows === "next" ? rowsAbove(value, spec, width.maps, base) : undefined;
    tensors[name] = above ?? value;
    if (moment.kind !== "copy" && !above) moments[name] = moment;
  }
  return { tensors, optimizer: { moments }, phase: { lrMultipliers } };
}

/**
 * `value` with the rows that are copies made of the next layer instead, by the same maps: the advanced knowledge
 * initialisation of bert2BERT (Chen et al. 2021). Undefined where no rows are copies, in the last layer and outside.
 */
function rowsAbove(value: Expr, { axes, layer, part }: ParameterSpec, maps: WidthMaps, base: ModelSpec) {
  const [rows] = axes;
  const map = rows && rows.role !== "in" ? mapOf(maps, rows.axis) : undefined;
  const next = parameterTable(base).find((spec) => spec.part === part && spec.layer === (layer ?? Number.NaN) + 1);
  if (!map || map.identity || !next) return undefined;
  const first = listOf(map, "rows that stay", () => map.ranks.map((rank, t) => (rank === 0 ? t : -1)));
  const copies = listOf(map, "rows from above", () => map.ranks.map((rank, t) => (rank === 0 ? -1 : t)));
  const above = substitute(value, () => copy(next.name));
  return sum([take(value, rows?.axis ?? 0, first), take(above, rows?.axis ?? 0, copies)]);
}

function mapOf(maps: WidthMaps, axis: ParameterAxis["axis"]): WidthMap | undefined {
  return Object.hasOwn(maps, axis) ? maps[axis as WidthAxis] : undefined;
}

/** A take's factors, left out where all are 1. */
function factors(list: readonly number[]): [] | [readonly number[]] {
  return list.every((factor) => factor === 1) ? [] : [list];
}

/** New channels are zero before the norm; their weight is 1, so that they learn from the first step on. */
function normWeight(of: Expr, { feeds, shape }: ParameterSpec, map: WidthMap, stream: Stream): Expr {
  const { indices } = map;
  const grown = take(of, "hidden", indices, ...factors(feeds === "head" ? stream.finalNorm : stream.norm));
  if (!indices.includes(-1)) return grown;
  const fresh = listOf(map, "new", () => indices.map((index, t) => (index < 0 ? t : -1)));
  return sum([grown, take(constant(shape, 1), "hidden", fresh)]);
}

function reader(of: Expr, spec: ParameterSpec, axis: WidthAxis, map: WidthMap, target: ModelSpec) {
  const { name, shape } = spec;
  const std = target.family.std(target.config, spec, "hf");
  const { layers } = modelSizes(target);
  return { of, axis, map, shape: shape as readonly [number, number], name, std, layers };
}

/** The gradient of each copy as a multiple of its source's. */
function gradientFactors(
  axis: WidthAxis,
  { feeds, kind }: ParameterSpec,
  base: ModelSpec,
  { maps, stream }: Width,
  { split, normMode }: Options,
): readonly number[] {
  const map = maps[axis];
  if (axis === "kvHeads") return listOf(map, `gradients ${split}`, () => keyShares(maps, shares(maps.heads, split)));
  const share = shares(map, split);
  if (axis !== "hidden") return share;
  const { written, norm } = stream;
  if (kind !== "norm")
    return listOf(map, `gradients ${split} ${normMode}`, () => share.map((a, t) => a / (written[t] as number)));
  const tied = feeds === "head" && isTied(base);
  return listOf(map, `gradients of ${tied ? "the tied norm" : "norms"} ${split} ${normMode}`, () =>
    share.map((a, t) => (tied ? (written[t] as number) : a) / (norm[t] as number)),
  );
}

/** A key/value head's copy answers for the shares of the query heads that read it; their mean over its group. */
function keyShares({ heads, kvHeads }: WidthMaps, share: readonly number[]): number[] {
  const group = heads.copies.length / kvHeads.copies.length;
  const wide = heads.indices.length / kvHeads.indices.length;
  return kvHeads.indices.map((_, u) => share.slice(u * wide, (u + 1) * wide).reduce((a, b) => a + b, 0) / group);
}

/** The number of copies of every index; 1 where they differ or some are new. */
function evenCount({ counts }: WidthMap): number {
  const [first = 1] = counts;
  return first > 0 && counts.every((c) => c === first) ? first : 1;
}
