// The residual stream under RMSNorm: factors that preserve every norm's output when channels are copied or added.
import { isTied, type ParameterSpec } from "@cambium/model";
import { copy, scale } from "../expr/build.js";
import type { Expr } from "../expr/expr.js";
import { sizesError } from "../operator/sizes.js";
import type { WidthGrowth } from "../operator/width.js";
import type { FunctionClaim } from "../plan/plan.js";
import type { IndexMap } from "./index-map.js";
import { type Split, shares } from "./shares.js";

export const normModes = ["stream", "sqrt-mu", "copy"] as const;

export interface StreamOptions {
  readonly normMode: (typeof normModes)[number];
  readonly split: Split;
}

/** Factors by target channel. */
export interface Stream {
  /** On weights that write to the stream. */
  readonly written: readonly number[];
  /** On the norms' weights. */
  readonly norm: readonly number[];
  /** On the final norm's weight, which includes the split if the head is the embedding table. */
  readonly finalNorm: readonly number[];
  /** On the norms' eps. */
  readonly eps: number;
  /** Whether every norm's output is preserved, given that eps. */
  readonly exact: boolean;
}

/**
 * The factors of a norm mode, for d channels that grow to D. `stream`: a channel with c copies is written times
 * s = sqrt(D / (d c)), and norm weights are divided by s; mean squares stay the same, for any map. `sqrt-mu`: norm
 * weights times sqrt(r) and eps times r = k d / D, for k copies of every channel (LEMON, Wang et al. 2024). `copy`: no
 * factors (bert2BERT, Chen et al. 2021). A tied table both writes and reads the stream, so the final norm gets the
 * shares of the copies and a second 1/s.
 * @throws CambiumError `E_GROWTH_SIZES` for `sqrt-mu` with unequal numbers of copies.
 */
export function streamFactors(map: IndexMap, { normMode, split }: StreamOptions, tied: boolean): Stream {
  const { counts, copies } = map;
  const [d, D] = [copies.length, counts.length];
  const live = counts.filter((c) => c > 0);
  const k = live[0] as number;
  const ascending = [...live].sort((a, b) => a - b);
  const equal = live.every((c) => c === k);
  const ratio = (k * d) / D;
  if (normMode === "sqrt-mu" && !equal) {
    throw sizesError("the norms cannot compensate for channels with unequal numbers of copies", {
      where: "hidden",
      expected: "the same number of copies of every channel, for normMode: sqrt-mu",
      got: `${ascending[0]} to ${ascending.at(-1)}`,
      hint: "normMode: stream takes any map",
    });
  }
  const written = counts.map((c) => (normMode === "stream" && c > 0 ? Math.sqrt(D / (d * c)) : 1));
  const norm = written.map((s) => (normMode === "sqrt-mu" ? Math.sqrt(ratio) : 1 / s));
  const gamma = shares(map, split);
  const headSplit = tied && normMode !== "copy";
  return {
    written,
    norm,
    finalNorm: norm.map((nu, t) => (headSplit ? (nu * (gamma[t] as number)) / (written[t] as number) : nu)),
    eps: normMode === "sqrt-mu" ? ratio : 1,
    exact: normMode !== "copy" || map.identity || (equal && ratio === 1 && (k === 1 || !tied)),
  };
}

/** The stream of a growth whose old channels stay in place beside new ones that are zero. */
export interface StreamBesideNew {
  /** The factor on the norms' eps. */
  readonly eps: number;
  readonly claim: FunctionClaim;
  /** The old entries of a tensor: the base's, scaled where they write to the stream or are a norm's. */
  value(spec: ParameterSpec): Expr;
  /** The rule that their gradient follows; undefined where they are not scaled, so that it is the base's. */
  moment(spec: ParameterSpec): Expr | undefined;
}

/** The scales of `streamFactors`, without copies. */
export function streamBesideNew(growth: WidthGrowth, normMode: "stream" | "sqrt-mu"): StreamBesideNew {
  const { from, to } = growth;
  const eps = normMode === "stream" ? 1 : from.hidden / to.hidden;
  const scaled = ({ name }: ParameterSpec, by: number) => (by === 1 ? copy(name) : scale(copy(name), by));
  return {
    eps,
    claim: eps === 1 ? "exact" : "exact-if-eps-scaled",
    value: (spec) => scaled(spec, factorBesideNew(spec, growth, normMode)),
    moment: (spec) => {
      const factor = factorBesideNew(spec, growth, normMode);
      return factor === 1 ? undefined : scaled(spec, 1 / factor);
    },
  };
}

/** The factor on old entries of a tensor. */
function factorBesideNew(
  { kind, axes, feeds }: ParameterSpec,
  { base, from, to }: WidthGrowth,
  normMode: "stream" | "sqrt-mu",
): number {
  const channels = axes.find(({ axis }) => axis === "hidden");
  if (!channels) return 1;
  const stream = normMode === "stream";
  const s = Math.sqrt(to.hidden / from.hidden);
  if (kind === "norm") return 1 / (stream && feeds === "head" && isTied(base) ? s * s : s);
  return stream && channels.role === "out" ? s : 1;
}
