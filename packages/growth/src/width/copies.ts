// The plan of a growth that copies indices: every tensor along each of its axes, moment rules, learning rates.
import { isTied, type ModelSpec, modelSizes, type ParameterSpec } from "@cambium/model";
import { constant, copy, sum, take } from "../expr/build.js";
import type { Expr } from "../expr/expr.js";
import { sizesError } from "../operator/sizes.js";
import { type WidthAxis, widthAxes } from "../operator/width-axes.js";
import { type FunctionClaim, type PlanParts, planTables } from "../plan/plan.js";
import type { Copies, CopyOptions } from "./copy-options.js";
import { type IndexMap, listOf } from "./index-map.js";
import { rowsFromAbove } from "./rows-from-above.js";
import { newIndices, shares, splitReader } from "./shares.js";
import type { Stream } from "./stream.js";
import { groupsOf, mapOf, type WidthMaps } from "./width-maps.js";

/**
 * Weights that write an index are copied, weights that read it are split (`splitReader`), and norms are scaled by
 * `width.stream` so that their outputs stay. Moment rules, with g the base's gradient: a copy with share a that is
 * written times s has the gradient a g / s; a weight that reads copies has g; a norm weight times nu has a g / nu.
 * Claims what that preserves.
 */
export function copiesPlan(
  growth: { readonly base: ModelSpec; readonly target: ModelSpec },
  width: Copies,
  options: CopyOptions,
): PlanParts {
  const { base, target } = growth;
  if (options.split === "proj" || options.split === "elem") checkCopies(width.maps);
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
    tensors[name] = value;
    if (moment.kind !== "copy") moments[name] = moment;
  }
  const { eps, exact } = width.stream;
  const own = options.rows === "own" || Object.values(width.maps).every(({ identity }) => identity);
  const kept: FunctionClaim = eps === 1 ? "exact" : "exact-if-eps-scaled";
  const claims = { functionPreserving: exact && own ? kept : "no" } as const;
  const parts = { tensors, optimizer: { moments }, phase: { lrMultipliers }, claims };
  return options.rows === "own" ? parts : rowsFromAbove(parts, growth, width.maps);
}

/** The most entries that the lists of one axis may have together. */
const mostEntries = 2 ** 24;

/** For splits that need one list per copy. @throws CambiumError `E_GROWTH_SIZES` if those lists would be too long. */
function checkCopies(maps: WidthMaps): void {
  const reasons = widthAxes.flatMap((where) => {
    const { most, indices } = maps[where];
    if (most < 2 || most * indices.length <= mostEntries) return [];
    const expected = `at most ${Math.floor(mostEntries / indices.length)} copies of an index among ${indices.length}`;
    return [{ where, message: "has too many copies for a split by element", expected, got: `${most}` }];
  });
  if (reasons.length > 0) throw sizesError("the copies cannot share the weights", { reasons, hint: "split: scalar" });
}

/** A take's factors, left out if all are 1. */
function factors(list: readonly number[]): [] | [readonly number[]] {
  return list.every((factor) => factor === 1) ? [] : [list];
}

/** New channels are zero before the norm; their norm weight is 1, so that they learn from the first step on. */
function normWeight(of: Expr, { feeds, shape }: ParameterSpec, map: IndexMap, stream: Stream): Expr {
  const { indices } = map;
  const grown = take(of, "hidden", indices, ...factors(feeds === "head" ? stream.finalNorm : stream.norm));
  if (!indices.includes(-1)) return grown;
  return sum([grown, take(constant(shape, 1), "hidden", newIndices(map))]);
}

function reader(of: Expr, spec: ParameterSpec, axis: WidthAxis, map: IndexMap, target: ModelSpec) {
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
  { maps, stream }: Copies,
  { split, normMode }: CopyOptions,
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

/** The share of a key/value head's copy: the shares of the query heads that read it, over the size of the old group. */
function keyShares(maps: WidthMaps, share: readonly number[]): number[] {
  const { group, wide } = groupsOf(maps);
  return maps.kvHeads.indices.map((_, u) => share.slice(u * wide, (u + 1) * wide).reduce((a, b) => a + b, 0) / group);
}

/** The number of copies of each index; 1 if the numbers differ or some indices are new. */
function evenCount({ counts }: IndexMap): number {
  const [first = 1] = counts;
  return first > 0 && counts.every((c) => c === first) ? first : 1;
}
