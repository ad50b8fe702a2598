// Splitting: the weights that read an index are divided among its copies, so that together they read what one did.
import type { ModelSpec, ParameterSpec } from "@cambium/model";
import { constant, normal, scale, sum, take } from "../expr/build.js";
import type { Expr } from "../expr/expr.js";
import { sizesError } from "../operator/sizes.js";
import type { WidthAxis } from "../operator/width.js";
import { type IndexMap, indexMap, listOf } from "./index-map.js";

/**
 * Ways of splitting: `even`, after which copies stay equal forever; `scalar`, uneven by copy; `elem` and `paired`,
 * random by element; `proj`, even plus random numbers that cancel.
 */
export const splits = ["even", "scalar", "elem", "proj", "paired"] as const;
export type Split = (typeof splits)[number];

export interface SplitOptions {
  readonly split: Split;
  /** For `proj`: the noise, as a multiple of a new weight's standard deviation. */
  readonly omegaScale: number;
  /** For `paired`: the noise relative to the weight. */
  readonly pairNoise: number;
  /** Prefix of the names of the random streams. */
  readonly seed: string;
}

/** A weight [out, in] whose `in` axis grows. `of` is the base's weight with its `out` axis already grown. */
export interface Reader {
  readonly of: Expr;
  readonly axis: WidthAxis;
  readonly map: IndexMap;
  /** After growth. */
  readonly shape: readonly [out: number, inner: number];
  /** Name of the weight, for its random streams. */
  readonly name: string;
  /** Standard deviation of a new weight. */
  readonly std: number;
  /** Number of layers. */
  readonly layers: number;
}

/**
 * The share of each copy, one number per target index: 1/c; for `scalar`, copy r of c has 2(r+1) / (c(c+1)), e.g. 1/3
 * and 2/3 (uneven splitting, Du et al. 2024, appendix A.3). Where shares differ by element, their mean.
 */
export function shares(map: IndexMap, split: Split): readonly number[] {
  const { counts, ranks } = map;
  return listOf(map, `shares ${split}`, () =>
    counts.map((c, t) => {
      if (c === 0) return 0;
      return split === "scalar" ? (2 * ((ranks[t] as number) + 1)) / (c * (c + 1)) : 1 / c;
    }),
  );
}

/** The weight after growth. Columns that read new indices, whose values are zero, are random. */
export function splitReader(reader: Reader, { split, omegaScale, pairNoise, seed }: SplitOptions): Expr {
  const { of, axis, map, shape, name, std } = reader;
  const { indices, counts } = map;
  const streamOf = (what: string) => `${seed}/${what}/${name}`;
  const noise = (what: string, size: number) => normal(shape, size, streamOf(what));
  const shared = counts.some((c) => c > 1);
  const elements: Partial<Record<Split, () => Expr>> = {
    elem: () => elementShares(reader, noise("elem", elementStd(reader))),
    paired: () => pairedShares(reader, noise("paired", pairNoise)),
  };
  const share = (shared && elements[split]?.()) || shares(map, split);
  const terms = [
    take(of, axis, indices, share),
    ...(split === "proj" && shared ? cancellingNoise(reader, omegaScale * std, streamOf("omega")) : []),
    ...(counts.includes(0) ? [newNoise(reader, std, streamOf("new"))] : []),
  ];
  return terms.length === 1 ? (terms[0] as Expr) : sum(terms);
}

/** The new indices at their own places, −1 elsewhere. */
export function newIndices(map: IndexMap): readonly number[] {
  return listOf(map, "new", () => map.indices.map((index, t) => (index < 0 ? t : -1)));
}

function elementStd({ shape, layers }: Reader): number {
  return 1 / (Math.sqrt(shape[1]) * layers);
}

/** The `elem` shares, of the result's shape: 1/c + z for every copy except the first, which gets the rest of 1. */
function elementShares({ axis, map, shape }: Reader, z: Expr): Expr {
  const { indices, counts, ranks, copies } = map;
  const own = listOf(map, "further copies", () => indices.map((_, t) => (ranks[t] === 0 ? -1 : t)));
  const means = listOf(map, "means", () => counts.map((c) => (c === 0 ? 0 : 1 / c)));
  const all = listOf(map, "all", () => indices.map((_, t) => t));
  const others = Array.from({ length: map.most - 1 }, (_, k) => {
    const other = listOf(map, `copy ${k + 1} for the first`, () =>
      indices.map((index, t) => (ranks[t] === 0 ? (copies[index]?.[k + 1] ?? -1) : -1)),
    );
    return scale(take(z, axis, other), -1);
  });
  return sum([take(constant(shape, 1), axis, all, means), take(z, axis, own), ...others]);
}

/**
 * The `paired` shares: (1 ± z) / c, plus for one copy of a pair and minus for the other; a last copy without a partner
 * has 1/c (HyperCloning, Samragh et al. 2024).
 */
function pairedShares({ axis, map, shape }: Reader, z: Expr): Expr {
  const { indices, counts, ranks, copies } = map;
  const means = listOf(map, "means", () => counts.map((c) => (c === 0 ? 0 : 1 / c)));
  const all = listOf(map, "all", () => indices.map((_, t) => t));
  const pairs = listOf(map, "first of the pair", () =>
    indices.map((index, t) => {
      const rank = ranks[t] as number;
      const first = rank - (rank % 2);
      return first + 1 < (counts[t] as number) ? (copies[index]?.[first] ?? -1) : -1;
    }),
  );
  const signs = listOf(map, "signs in pairs", () =>
    counts.map((c, t) => (c === 0 ? 0 : ((ranks[t] as number) % 2 === 0 ? 1 : -1) / c)),
  );
  return sum([take(constant(shape, 1), axis, all, means), take(z, axis, pairs, signs)]);
}

/** Independent noise in the columns of new indices. */
function newNoise({ axis, map, shape }: NoiseReader, std: number, stream: string): Expr {
  const columns = listOf(map, "new, numbered", () => {
    let next = 0;
    return map.counts.map((c) => (c === 0 ? next++ : -1));
  });
  const count = map.counts.filter((c) => c === 0).length;
  return take(normal(columnsOf(shape, map, count), std, stream), axis, columns);
}

/**
 * The terms that `proj` adds: omega minus its mean over the copies of an index, for a random omega, so that they sum to
 * zero (LEMON, Wang et al. 2023: a random initialisation projected onto the weights that preserve the function). For c
 * copies such numbers have c − 1 dimensions, so that they are made from c − 1 numbers of an omega of that size, by
 * Helmert's contrasts: the k-th number goes to copy k times −k / √(k(k+1)), and to those before it times 1 / √(k(k+1)).
 */
function cancellingNoise({ axis, map, shape }: NoiseReader, std: number, stream: string): Expr[] {
  const { indices, ranks, copies, most } = map;
  // Columns of omega: first those for k = 1, in the order of source indices, then those for k = 2 and so on.
  const columns: (readonly number[])[] = [];
  let count = 0;
  for (let k = 1; k < most; k++) columns.push(copies.map((of) => (of.length > k ? count++ : -1)));
  const omega = normal(columnsOf(shape, map, count), std, stream);
  return columns.map((column, before) => {
    const k = before + 1;
    const from = listOf(map, `contrast ${k}`, () =>
      indices.map((index, t) => ((ranks[t] as number) <= k ? (column[index] ?? -1) : -1)),
    );
    const by = listOf(map, `factors of contrast ${k}`, () =>
      ranks.map((rank) => (rank < k ? 1 : rank === k ? -k : 0) / Math.sqrt(k * (k + 1))),
    );
    return take(omega, axis, from, by);
  });
}

type NoiseReader = Pick<Reader, "axis" | "map" | "shape">;

/** The shape with `count` indices on the axis of the map. */
function columnsOf([out, inner]: Reader["shape"], { indices }: IndexMap, count: number): Reader["shape"] {
  return [out, (inner / indices.length) * count];
}

/**
 * A new weight whose columns are random and cancel over the copies of an index, where a base has `copies` whole sets of
 * its indices, one after the other (the cancelling tail of LEMON, Wang et al. 2024).
 * @throws CambiumError `E_GROWTH_SIZES` if the columns are not whole sets.
 */
export function cancelling(
  spec: ParameterSpec,
  { family, config }: ModelSpec,
  { copies, seed }: { readonly copies: number; readonly seed: string },
): Expr {
  const { name, shape, axes } = spec;
  const { axis, unit = 1 } = axes[1] ?? {};
  const size = (shape[1] ?? 0) / unit;
  if (axis === undefined || size % copies !== 0) {
    const got = axis === undefined ? "a family without named axes" : `${size} of ${axis}`;
    throw sizesError("columns cannot cancel", { where: name, expected: `a multiple of ${copies}`, got });
  }
  const once = size / copies;
  const sets = Array.from({ length: size }, (_, t) => t % once);
  const reader = { axis: axis as WidthAxis, map: indexMap(sets, once), shape: shape as Reader["shape"] };
  return sum(cancellingNoise(reader, family.std(config, spec, "paper"), `${seed}/${name}`));
}
