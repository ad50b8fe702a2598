// Index maps: which index of the base each index of a grown axis is a copy of.
import { Random, type Reason } from "@cambium/ir";
import type { WidthAxis } from "../operator/width-axes.js";

/** The map of one axis. All lists except `copies` have one entry per target index. */
export interface IndexMap {
  /** Source index, -1 for a new one. */
  readonly indices: readonly number[];
  /** How many target indices copy the same source index; 0 for a new one. */
  readonly counts: readonly number[];
  /** The largest of `counts`. */
  readonly most: number;
  /** Its place among the copies of its source index, from 0. */
  readonly ranks: readonly number[];
  /** For each source index, the target indices that copy it. */
  readonly copies: readonly (readonly number[])[];
  /** Whether every index is a copy of itself. */
  readonly identity: boolean;
}

/** The map from target to source indices; `size` is the number of source indices. */
export function indexMap(indices: readonly number[], size: number): IndexMap {
  const copies: number[][] = Array.from({ length: size }, () => []);
  const ranks = indices.map((index, t) => (copies[index]?.push(t) ?? 1) - 1);
  return {
    indices,
    counts: indices.map((index) => copies[index]?.length ?? 0),
    most: copies.reduce((most, { length }) => Math.max(most, length), 0),
    ranks,
    copies,
    identity: indices.length === size && indices.every((index, t) => index === t),
  };
}

/** Lists by map and name. */
const lists = new WeakMap<IndexMap, Map<string, readonly number[]>>();

/**
 * The list that `make` derives from the map, made once per name. The tensors of all layers share it, so that the size
 * of a plan grows with the width of the model, not with width times layers.
 */
export function listOf(map: IndexMap, name: string, make: () => readonly number[]): readonly number[] {
  const known = lists.get(map) ?? new Map<string, readonly number[]>();
  lists.set(map, known);
  const list = known.get(name) ?? make();
  known.set(name, list);
  return list;
}

/** Ways of choosing what each new index copies. */
export const spreads = ["tile", "interleave", "random"] as const;
export type Spread = (typeof spreads)[number];

/**
 * The source index of each of `to` target indices. tile: t mod n. interleave: floor(t n / N). random: each once, then
 * any (Net2Net, Chen et al. 2016, section 3.1).
 * @param seed name of the random stream.
 */
export function spreadIndices(how: Spread, from: number, to: number, seed: string): number[] {
  const random = new Random(seed);
  return Array.from({ length: to }, (_, t) => {
    if (how === "interleave") return Math.floor((t * from) / to);
    return how === "random" && t >= from ? Math.floor(from * random.uniform(t)) : t % from;
  });
}

/** Reasons against a map of `axis`: an index out of range, a source index that nothing copies. */
export function mapReasons(axis: WidthAxis, { indices, copies }: IndexMap): Reason[] {
  const least = axis === "hidden" ? -1 : 0;
  const outside = indices.find((index) => index < least || index >= copies.length);
  const lost = copies.findIndex((targets) => targets.length === 0);
  const range = `${least} to ${copies.length - 1}`;
  return [
    ...(outside === undefined
      ? []
      : [{ where: axis, message: "an index is out of range", expected: range, got: `${outside}` }]),
    ...(lost < 0
      ? []
      : [{ where: axis, message: "a source index is lost", expected: "a copy of each", got: `none of ${lost}` }]),
  ];
}
