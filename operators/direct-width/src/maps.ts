// Index maps: which source index each target index of an axis is a copy of.
import { Random, sizesError, type WidthAxis, type WidthSizes, widthAxes } from "@cambium/growth";
import type { Options } from "./options.js";

/** One axis. All lists but `copies` have an entry per target index. */
export interface WidthMap {
  /** Source index, -1 for a new one. */
  readonly indices: readonly number[];
  /** How many target indices copy the same source index; 0 for a new one. */
  readonly counts: readonly number[];
  /** Which of these it is, from 0. */
  readonly ranks: readonly number[];
  /** The target indices that copy each source index. */
  readonly copies: readonly (readonly number[])[];
  /** Nothing moves. */
  readonly identity: boolean;
}

export type WidthMaps = Readonly<Record<WidthAxis, WidthMap>>;

/** Of `size` source indices, which target index copies which. */
export function widthMap(indices: readonly number[], size: number): WidthMap {
  const copies: number[][] = Array.from({ length: size }, () => []);
  const ranks = indices.map((index, t) => (copies[index]?.push(t) ?? 1) - 1);
  return {
    indices,
    counts: indices.map((index) => copies[index]?.length ?? 0),
    ranks,
    copies,
    identity: indices.length === size && indices.every((index, t) => index === t),
  };
}

/** By map and name. */
const lists = new WeakMap<WidthMap, Map<string, readonly number[]>>();

/**
 * The list that `make` makes of the map, made once: the tensors of all layers share it, and a plan of a large model is as
 * long as its map is wide, not times its layers.
 */
export function listOf(map: WidthMap, name: string, make: () => readonly number[]): readonly number[] {
  const known = lists.get(map) ?? new Map<string, readonly number[]>();
  lists.set(map, known);
  const list = known.get(name) ?? make();
  known.set(name, list);
  return list;
}

/**
 * The maps of all axes.
 * @throws CambiumError `E_GROWTH_SIZES` for an index out of range, a source index that nothing copies, and query heads
 * that would read another key/value head than the one their source reads.
 */
export function widthMaps(base: WidthSizes, target: WidthSizes, options: Options): WidthMaps {
  const list = (axis: "hidden" | "intermediate") =>
    options.maps?.[axis] ?? spread(options, axis, base[axis], target[axis]);
  const { heads, kvHeads } =
    options.map === "explicit" ? explicitHeads(base, options) : headLists(base, target, options);
  const lists = { hidden: list("hidden"), heads, kvHeads, intermediate: list("intermediate") };
  const maps = Object.fromEntries(widthAxes.map((axis) => [axis, widthMap(lists[axis], base[axis])])) as WidthMaps;
  const reasons = [...widthAxes.flatMap((axis) => mapReasons(axis, maps[axis], base[axis])), ...groupReasons(maps)];
  if (reasons.length > 0) throw sizesError("the index maps do not carry the function over", { reasons });
  return maps;
}

function explicitHeads(base: WidthSizes, { maps }: Options) {
  const identity = (axis: WidthAxis) => Array.from({ length: base[axis] }, (_, i) => i);
  return { heads: maps?.heads ?? identity("heads"), kvHeads: maps?.kvHeads ?? identity("kvHeads") };
}

/** tile: t mod n; interleave: floor(t n / N); random: each once, then any (Net2Net, Chen et al. 2016, section 3.1). */
function spread({ map, seed }: Options, axis: string, from: number, to: number): number[] {
  const random = new Random(`${seed}/map/${axis}`);
  return Array.from({ length: to }, (_, t) => {
    if (map === "interleave") return Math.floor((t * from) / to);
    return map === "random" && t >= from ? Math.floor(from * random.uniform(t)) : t % from;
  });
}

/**
 * Query heads within the copies of their own group, so that each reads a copy of the key/value head that its source
 * reads. Where groups get smaller, the copies of a group share its query heads out and lie side by side: with as many
 * query heads as before, none moves.
 */
function headLists(base: WidthSizes, target: WidthSizes, options: Options) {
  const [group, wide] = [base.heads / base.kvHeads, target.heads / target.kvHeads];
  const divided = wide < group;
  const kvHeads = spread(
    divided ? { ...options, map: "interleave" } : options,
    "kvHeads",
    base.kvHeads,
    target.kvHeads,
  );
  const { ranks } = widthMap(kvHeads, base.kvHeads);
  const heads = kvHeads.flatMap((from, u) => {
    const within = spread(options, `heads/${u}`, group, wide);
    return within.map((w, i) => from * group + (divided ? ((ranks[u] as number) * wide + i) % group : w));
  });
  return { heads, kvHeads };
}

function mapReasons(where: WidthAxis, { indices, copies }: WidthMap, size: number) {
  const least = where === "hidden" ? -1 : 0;
  const outside = indices.find((index) => index < least || index >= size);
  const lost = copies.findIndex((targets) => targets.length === 0);
  const range = `${least} to ${size - 1}`;
  return [
    ...(outside === undefined
      ? []
      : [{ where, message: "an index is out of range", expected: range, got: `${outside}` }]),
    ...(lost < 0
      ? []
      : [{ where, message: "a source index is lost", expected: "a copy of each", got: `none of ${lost}` }]),
  ];
}

/** g_k(floor(j / N')) = floor(g_h(j) / n) for every target head j, with n and N' query heads per key/value head. */
function groupReasons({ heads, kvHeads }: WidthMaps) {
  const group = heads.copies.length / kvHeads.copies.length;
  const wide = heads.indices.length / kvHeads.indices.length;
  return heads.indices.flatMap((from, j) => {
    const [reads, should] = [kvHeads.indices[Math.floor(j / wide)], Math.floor(from / group)];
    if (reads === should) return [];
    return [
      {
        where: `heads: ${j}`,
        message: `copies head ${from} but reads another key/value head`,
        expected: `a copy of ${should}`,
        got: `a copy of ${reads}`,
      },
    ];
  });
}
