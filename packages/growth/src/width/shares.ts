// Splitting: the weights that read an index are divided among its copies, so that together they read what one did.
import type { ModelSpec, ParameterSpec } from "@cambium/model";
import { constant, normal, sum, take } from "../expr/build.js";
import type { Expr } from "../expr/expr.js";
import { sizesError } from "../operator/sizes.js";
import type { WidthAxis } from "../operator/width-axes.js";
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
  const { of, axis, map, name, std } = reader;
  const { indices, counts } = map;
  const streamOf = (what: string) => `${seed}/${what}/${name}`;
  const shared = counts.some((c) => c > 1);
  const elements: Partial<Record<Split, () => Expr>> = {
    elem: () => elementShares(reader, elementStd(reader), streamOf("elem")),
    paired: () => pairedShares(reader, pairNoise, streamOf("paired")),
  };
  const share = (shared && elements[split]?.()) || shares(map, split);
  const terms = [
    take(of, axis, indices, share),
    ...(split === "proj" && shared ? spreadNoise(reader, "proj", omegaScale * std, streamOf("omega")) : []),
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
function elementShares(reader: Reader, std: number, stream: string): Expr {
  return sum([evenShares(reader), ...spreadNoise(reader, "elem", std, stream)]);
}

/**
 * The `paired` shares: (1 ± z) / c, plus for one copy of a pair and minus for the other; a last copy without a partner
 * has 1/c (HyperCloning, Samragh et al. 2024).
 */
function pairedShares(reader: Reader, std: number, stream: string): Expr {
  const { axis, map, shape } = reader;
  const { indices, counts, ranks, copies, most } = map;
  // One column of z for each pair: first those of the first pairs, in the order of source indices.
  let count = 0;
  const pairs = Array.from({ length: Math.floor(most / 2) }, (_, pair) =>
    copies.map((of) => (of.length > 2 * pair + 1 ? count++ : -1)),
  );
  const columns = listOf(map, "pairs", () =>
    indices.map((index, t) => pairs[Math.floor((ranks[t] as number) / 2)]?.[index] ?? -1),
  );
  const signs = listOf(map, "signs in pairs", () =>
    counts.map((c, t) => (c === 0 ? 0 : ((ranks[t] as number) % 2 === 0 ? 1 : -1) / c)),
  );
  const z = normal(columnsOf(shape, map, count), std, stream);
  return sum([evenShares(reader), take(z, axis, columns, signs)]);
}

/** 1/c for each copy, of the result's shape. */
function evenShares({ axis, map, shape }: Reader): Expr {
  const means = listOf(map, "means", () => map.counts.map((c) => (c === 0 ? 0 : 1 / c)));
  const all = listOf(map, "all", () => map.indices.map((_, t) => t));
  return take(constant(shape, 1), axis, all, means);
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
 * Noise that sums to zero over the c copies of an index is made from c − 1 numbers each: here are the factors of the k-th
 * number, from k = 1 on, for the copies by their ranks.
 */
const factorsOf = {
  /** The k-th number for copy k, taken away from the first copy. */
  elem: (k: number, rank: number) => (rank === k ? 1 : rank === 0 ? -1 : 0),
  /**
   * A random number for each copy less their mean (LEMON, Wang et al. 2024: a random initialisation projected onto the
   * weights that preserve the function), by Helmert's contrasts, which give the same distribution.
   */
  proj: (k: number, rank: number) => (rank < k ? 1 : rank === k ? -k : 0) / Math.sqrt(k * (k + 1)),
};

/** The terms of the noise for `how`, one for each k. */
function spreadNoise(
  { axis, map, shape }: NoiseReader,
  how: keyof typeof factorsOf,
  std: number,
  stream: string,
): Expr[] {
  const { indices, ranks, copies, most } = map;
  // Columns of the noise: first those for k = 1, in the order of source indices, then those for k = 2 and so on.
  const columns: (readonly number[])[] = [];
  let count = 0;
  for (let k = 1; k < most; k++) columns.push(copies.map((of) => (of.length > k ? count++ : -1)));
  const noise = normal(columnsOf(shape, map, count), std, stream);
  return columns.map((column, before) => {
    const k = before + 1;
    const factors = listOf(map, `factors ${how} ${k}`, () => ranks.map((rank) => factorsOf[how](k, rank)));
    const from = listOf(map, `columns ${how} ${k}`, () =>
      indices.map((index, t) => (factors[t] === 0 ? -1 : (column[index] ?? -1))),
    );
    return take(noise, axis, from, factors);
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
  return sum(spreadNoise(reader, "proj", family.std(config, spec, "paper"), `${seed}/${name}`));
}
