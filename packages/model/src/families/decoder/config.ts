// The configuration of Llama-like decoders: its fields, their defaults, and the rules they obey.
import { CambiumError, type Reason } from "@cambium/ir";
import { mostAlong } from "../../limits.js";
import type { UsualAxis } from "../../parameters.js";

/** Scalings of the rotary frequencies that Hugging Face calls `linear` and `llama3`. */
export type RopeScaling =
  | { readonly type: "linear"; readonly factor: number }
  | {
      readonly type: "llama3";
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      /** Context length before scaling, tokens. */
      readonly originalContextLength: number;
    };

/** A decoder-only transformer: RMSNorm before attention and MLP, rotary positions, grouped heads, a gated MLP. */
export interface DecoderConfig {
  readonly vocab: number;
  /** Width of the residual stream. Need not be `heads · headDim`. */
  readonly hidden: number;
  /** Width of the MLP. */
  readonly intermediate: number;
  readonly layers: number;
  /** Query heads. */
  readonly heads: number;
  /** Key/value heads; divides `heads`. Query head j reads key/value head floor(j · kvHeads / heads). */
  readonly kvHeads: number;
  /** Width of one head; even, because RoPE rotates pairs. */
  readonly headDim: number;
  /** Longest sequence, tokens. */
  readonly contextLength: number;
  /** The most tokens that attention reads, the current one included; absent if it reads everything before. */
  readonly slidingWindow?: number;
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | null;
  readonly rmsNormEps: number;
  /** Whether the output projection is the embedding table; there is then no `lm_head.weight`. */
  readonly tied: boolean;
  /** Standard deviation of Hugging Face's initialisation. */
  readonly initializerRange: number;
  readonly bosTokenId?: number;
  readonly eosTokenId?: number | readonly number[];
}

type Sizes = "vocab" | "hidden" | "intermediate" | "layers" | "heads" | "contextLength";
export type DecoderInput = Pick<DecoderConfig, Sizes> & {
  readonly [K in Exclude<keyof DecoderConfig, Sizes>]?: DecoderConfig[K] | undefined;
};

/**
 * Fills in defaults: `kvHeads` = `heads`, `headDim` = `hidden / heads`, `ropeTheta` 10000, no scaling, `rmsNormEps`
 * 1e-5, untied, `initializerRange` 0.02.
 * @throws CambiumError `E_CONFIG` with every reason found.
 */
export function decoderConfig(input: DecoderInput): DecoderConfig {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as DecoderInput;
  const config = {
    kvHeads: given.heads,
    headDim: quotient(given.hidden, given.heads),
    ropeTheta: 10000,
    ropeScaling: null,
    rmsNormEps: 1e-5,
    tied: false,
    initializerRange: 0.02,
    ...given,
  } as DecoderConfig;
  const derived = (["kvHeads", "headDim"] as const).filter((field) => given[field] === undefined);
  const reasons = configReasons(config, { derived });
  if (reasons.length > 0) throw new CambiumError("E_CONFIG", "the model configuration is not valid", { reasons });
  return config;
}

/** a / b; NaN unless both are numbers. From JSON either may be anything, even an object that throws when divided. */
function quotient(a: unknown, b: unknown): number {
  return typeof a === "number" && typeof b === "number" ? a / b : Number.NaN;
}

interface Check {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const upTo = (most: number, least = 1): Check => ({
  expected: `an integer from ${least} to ${most}`,
  holds: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
});
const along = (axis: UsualAxis) => upTo(mostAlong(axis));
const size = upTo(2 ** 31 - 1);
const headDim = along("headDim");
const positive: Check = { expected: "a number > 0", holds: (value) => Number.isFinite(value) && (value as number) > 0 };
const flag: Check = { expected: "true or false", holds: (value) => typeof value === "boolean" };
const isTokenId = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;

const checks: { readonly [K in keyof Required<DecoderConfig>]: Check } = {
  vocab: along("vocab"),
  hidden: along("hidden"),
  intermediate: along("intermediate"),
  layers: upTo(mostAlong("layers"), 0),
  heads: along("heads"),
  kvHeads: along("kvHeads"),
  headDim: { expected: "an even integer ≥ 2", holds: (value) => headDim.holds(value) && (value as number) % 2 === 0 },
  contextLength: size,
  slidingWindow: { expected: size.expected, holds: (value) => value === undefined || size.holds(value) },
  ropeTheta: positive,
  ropeScaling: { expected: "null, or a scaling of type linear or llama3", holds: isScaling },
  rmsNormEps: positive,
  tied: flag,
  initializerRange: positive,
  bosTokenId: { expected: "a token id", holds: (value) => value === undefined || isTokenId(value) },
  eosTokenId: {
    expected: "a token id or a list of them",
    holds: (value) => value === undefined || (Array.isArray(value) ? value.every(isTokenId) : isTokenId(value)),
  },
};

function isScaling(value: unknown): boolean {
  if (value === null) return true;
  if (typeof value !== "object") return false;
  const { type, factor, lowFreqFactor, highFreqFactor, originalContextLength } = value as Record<string, unknown>;
  if (type === "linear") return positive.holds(factor);
  return (
    type === "llama3" &&
    [factor, lowFreqFactor, highFreqFactor].every(positive.holds) &&
    size.holds(originalContextLength)
  );
}

/** How a check names the fields of the configuration. */
interface Spelling {
  /** The name of a field in the user's file; default our own. */
  readonly label?: (field: keyof DecoderConfig) => string;
  /** Fields derived from others. They are not reported if the others are wrong. */
  readonly derived?: readonly ("kvHeads" | "headDim")[];
}

const sources = { kvHeads: ["heads"], headDim: ["hidden", "heads"] } as const;

/** Every reason why `config` is not valid. */
export function configReasons(
  config: DecoderConfig,
  { label = (field) => field, derived = [] }: Spelling = {},
): Reason[] {
  const unknown = Object.keys(config).filter((key) => !Object.hasOwn(checks, key));
  const reasons: Reason[] = unknown.map((where) => ({ where, message: "no such field" }));
  const sound = (field: keyof DecoderConfig) => checks[field].holds(config[field]);
  const excused = derived.filter((field) => !sources[field].every(sound));
  for (const field of Object.keys(checks) as (keyof DecoderConfig)[]) {
    if (sound(field) || excused.some((other) => other === field)) continue;
    const got = config[field];
    reasons.push({
      where: label(field),
      message: got === undefined ? "is missing" : "has an invalid value",
      expected: checks[field].expected,
      got: JSON.stringify(got) ?? String(got),
      ...(field === "headDim" && { hint: `give ${label("headDim")}, or sizes whose quotient is even` }),
    });
  }
  const { heads, kvHeads, ropeScaling } = config;
  if (sound("heads") && sound("kvHeads") && heads % kvHeads !== 0) {
    reasons.push({
      where: label("kvHeads"),
      message: "must divide the number of heads",
      got: `${heads} heads over ${kvHeads}`,
    });
  }
  if (
    sound("ropeScaling") &&
    ropeScaling?.type === "llama3" &&
    ropeScaling.highFreqFactor <= ropeScaling.lowFreqFactor
  ) {
    reasons.push({
      where: label("ropeScaling"),
      message: "the high frequency factor must exceed the low one",
      got: `${ropeScaling.highFreqFactor} and ${ropeScaling.lowFreqFactor}`,
    });
  }
  return reasons;
}
