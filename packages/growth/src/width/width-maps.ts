// The index maps of all axes that grow. Query heads follow the key/value heads that they read.
import type { Reason } from "@cambium/ir";
import type { ParameterAxis } from "@cambium/model";
import { sizesError } from "../operator/sizes.js";
import type { WidthSizes } from "../operator/width.js";
import { type WidthAxis, widthAxes } from "../operator/width-axes.js";
import { type IndexMap, indexMap, mapReasons, type Spread, spreadIndices } from "./index-map.js";

export type WidthMaps = Readonly<Record<WidthAxis, IndexMap>>;

/** A rule for all maps, or the lists themselves; axes without a list stay as they are. */
export type WidthMapping =
  | { readonly by: Spread; readonly seed: string }
  | { readonly lists: { readonly [K in WidthAxis]?: readonly number[] } };

/**
 * The maps of all axes.
 * @throws CambiumError `E_GROWTH_SIZES` for an index out of range, a source index that nothing copies, or a query head
 * that would not read a copy of the key/value head that its source reads.
 */
export function widthMaps(from: WidthSizes, to: WidthSizes, mapping: WidthMapping): WidthMaps {
  const lists = "by" in mapping ? spreadLists(from, to, mapping) : { ...unmoved(from), ...mapping.lists };
  const maps = Object.fromEntries(widthAxes.map((axis) => [axis, indexMap(lists[axis], from[axis])])) as WidthMaps;
  const reasons = [...widthAxes.flatMap((axis) => mapReasons(axis, maps[axis])), ...groupReasons(maps)];
  if (reasons.length > 0) throw sizesError("the index maps do not preserve the function", { reasons });
  return maps;
}

type Lists = Readonly<Record<WidthAxis, readonly number[]>>;

function unmoved(from: WidthSizes): Lists {
  const same = (axis: WidthAxis): readonly number[] => Array.from({ length: from[axis] }, (_, i) => i);
  return Object.fromEntries(widthAxes.map((axis) => [axis, same(axis)])) as Lists;
}

function spreadLists(from: WidthSizes, to: WidthSizes, rule: { readonly by: Spread; readonly seed: string }): Lists {
  const list = (axis: "hidden" | "intermediate") =>
    spreadIndices(rule.by, from[axis], to[axis], `${rule.seed}/map/${axis}`);
  return { hidden: list("hidden"), ...headLists(from, to, rule), intermediate: list("intermediate") };
}

/**
 * Maps query heads within the copies of their own group, so that each reads a copy of the key/value head that its
 * source reads. If groups get smaller, the copies of a group are adjacent and divide its query heads among them: with
 * as many query heads as before, none moves.
 */
function headLists(from: WidthSizes, to: WidthSizes, { by, seed }: { readonly by: Spread; readonly seed: string }) {
  const [group, wide] = [from.heads / from.kvHeads, to.heads / to.kvHeads];
  const divided = wide < group;
  const kvHeads = spreadIndices(divided ? "interleave" : by, from.kvHeads, to.kvHeads, `${seed}/map/kvHeads`);
  const { ranks } = indexMap(kvHeads, from.kvHeads);
  const heads = kvHeads.flatMap((own, u) => {
    const within = spreadIndices(by, group, wide, `${seed}/map/heads/${u}`);
    return within.map((w, i) => own * group + (divided ? ((ranks[u] as number) * wide + i) % group : w));
  });
  return { heads, kvHeads };
}

/** g_k(floor(j / N')) = floor(g_h(j) / n) for every target head j, with n and N' query heads per key/value head. */
function groupReasons(maps: WidthMaps): Reason[] {
  const { group, wide } = groupsOf(maps);
  return maps.heads.indices.flatMap((from, j) => {
    const [reads, should] = [maps.kvHeads.indices[Math.floor(j / wide)], Math.floor(from / group)];
    if (reads === should) return [];
    const message = `copies head ${from}, but reads another key/value head`;
    return [{ where: `heads: ${j}`, message, expected: `a copy of ${should}`, got: `a copy of ${reads}` }];
  });
}

/** The map of an axis; undefined for an axis that does not grow. */
export function mapOf(maps: WidthMaps, axis: ParameterAxis["axis"]): IndexMap | undefined {
  return Object.hasOwn(maps, axis) ? maps[axis as WidthAxis] : undefined;
}

/** Query heads per key/value head, before (`group`) and after (`wide`). */
export function groupsOf({ heads, kvHeads }: WidthMaps): { readonly group: number; readonly wide: number } {
  return {
    group: heads.copies.length / kvHeads.copies.length,
    wide: heads.indices.length / kvHeads.indices.length,
  };
}
