// Compares two measurements of the same cases: faster, slower or no difference, with a ratio and an interval each.
//
// The unit of comparison is the logarithm of each turn's median, because samples of one turn share the same load on the
// machine. Turns are compared by trimmed means (Yuen 1974, "The two-sample trimmed t"), so that a disturbed turn does
// not decide. With many cases an interval is widened twice: for their number (Bonferroni), and by how much more the
// differences of all cases scatter than their turns explain (an empirical null, Efron 2004). So variation that occurs
// between any two runs of the same build does not count as a difference.
import { studentQuantile } from "@cambium/scaling";
import type { Row } from "./result.js";
import { median } from "./statistics.js";

export type Verdict = "faster" | "slower" | "no difference";

export interface Compared {
  readonly suite: string;
  readonly case: string;
  readonly backend: string;
  /** Speed of the second over that of the first. */
  readonly ratio: number;
  /** 95 %, simultaneous over all cases; null with fewer than two turns of either. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Whether the second is faster or slower. */
  readonly verdict: Verdict;
}

/** The fields of a row that are compared. */
export type Timed = Pick<Row, "suite" | "case" | "backend" | "samples" | "turns" | "better" | "machine">;

/** A case that was measured twice. */
export interface Pair {
  readonly first: Timed;
  readonly second: Timed;
  /** Whether both took turns in one run. */
  readonly inTurns: boolean;
}

/** Probability of at least one false verdict over all cases, at most. */
const level = 0.05;

/** Share of the turns trimmed at each end. */
const trim = 0.2;

/** Least number of cases to estimate the scatter between runs from. */
const enough = 8;

/** A scatter beyond this is not chance, so its own uncertainty enters the degrees of freedom. */
const significant = 1.5;

export function compare(pairs: readonly Pair[]): Compared[] {
  const found = pairs.map((pair) => ({ pair, ...difference(pair) }));
  const tested = found.filter(({ error, freedom }) => error > 0 && freedom > 0);
  const scores = tested.map(({ shift, error }) => shift / error);
  const middle = median(scores);
  const scatter = median(scores.map((score) => Math.abs(score - middle))) / 0.6745;
  const wider = scores.length < enough ? 1 : Math.max(1, scatter);
  // The degrees of freedom of a scale estimated by the median absolute deviation, whose efficiency is 37 %.
  const most = wider > significant ? 0.37 * scores.length : Number.POSITIVE_INFINITY;
  return found.map(({ pair, shift, error, freedom, drift }) => {
    const { suite, case: name, backend } = pair.first;
    const other = pair.second.backend;
    const who = other === backend ? backend : `${other} / ${backend}`;
    const half =
      freedom > 0
        ? studentQuantile(1 - level / (2 * tested.length), Math.min(freedom, most)) * error * wider
        : Number.NaN;
    const [low, high] = [shift - half + Math.min(0, drift), shift + half + Math.max(0, drift)];
    const verdict = low > 0 ? "faster" : high < 0 ? "slower" : "no difference";
    const interval = Number.isNaN(half) ? null : ([Math.exp(low), Math.exp(high)] as const);
    return { suite, case: name, backend: who, ratio: Math.exp(shift), interval, verdict };
  });
}

interface Difference {
  /** Log of the second's speed over the first's. */
  readonly shift: number;
  readonly error: number;
  readonly freedom: number;
  /** Log ratio of the machine's own slowness; the interval is extended by it, in its direction. */
  readonly drift: number;
}

function difference({ first, second, inTurns }: Pair): Difference {
  const [a, b] = [speeds(first), speeds(second)];
  if (inTurns) {
    const count = Math.min(a.length, b.length);
    const { mean, variance, kept } = trimmed(b.slice(0, count).map((speed, i) => speed - (a[i] as number)));
    return { shift: mean, error: Math.sqrt(variance), freedom: kept - 1, drift: 0 };
  }
  const [x, y] = [trimmed(a), trimmed(b)];
  const variance = x.variance + y.variance;
  const freedom = variance ** 2 / (x.variance ** 2 / (x.kept - 1) + y.variance ** 2 / (y.kept - 1));
  // A slower machine makes the second look slower: extend the interval to its speed without that.
  const drift = Math.log(median(second.machine) / median(first.machine));
  const shift = y.mean - x.mean;
  return { shift, error: Math.sqrt(variance), freedom: freedom || 0, drift: Number.isFinite(drift) ? drift : 0 };
}

/** Log of each turn's median; higher is faster. */
function speeds({ samples, turns, better }: Timed): number[] {
  let at = 0;
  return turns.map((count) => {
    const middle = Math.log(median(samples.slice(at, at + count)));
    at += count;
    return better === "higher" ? middle : -middle;
  });
}

/** The trimmed mean, and its variance from the winsorized values. */
function trimmed(values: readonly number[]): { mean: number; variance: number; kept: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = values.length < 5 ? 0 : Math.floor(trim * values.length);
  const inner = sorted.slice(cut, sorted.length - cut);
  const kept = inner.length;
  const mean = average(inner);
  const ends = [inner[0] as number, inner.at(-1) as number] as const;
  const winsorized = sorted.map((value) => Math.min(Math.max(value, ends[0]), ends[1]));
  const centre = average(winsorized);
  const squares = winsorized.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return { mean, variance: squares / (kept * (kept - 1)), kept };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
