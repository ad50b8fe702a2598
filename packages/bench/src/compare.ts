// Compares two measurements of the same cases: faster, slower or no difference, with a ratio and an interval each.
//
// The unit of comparison is the logarithm of a turn's median, because samples of one turn share the same load on the
// machine; of processor time a turn has only its mean. Where a contestant has several processes, the unit is a process,
// because two processes of the same build differ. Units are compared by trimmed means (Yuen 1974, "The two-sample trimmed
// t"), so that a disturbed one does not decide. With many cases an interval is widened for their number (Bonferroni) and,
// unless processes were repeated in turns, by how much more the differences of all cases scatter than their turns explain
// (an empirical null, Efron 2004). So variation that occurs between any two runs of the same build does not count as a
// difference.
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
export type Timed = Pick<
  Row,
  "suite" | "case" | "backend" | "samples" | "turns" | "better" | "processes" | "machine" | "processor"
>;

/** What is compared: time by the clock, or processor time, which other programs on the machine disturb far less. */
export type Measure = "clock" | "processor";

/** A case that was measured twice. */
export interface Pair {
  readonly first: Timed;
  readonly second: Timed;
  /** Whether both took turns in one run. */
  readonly inTurns: boolean;
}

/** Probability of at least one false verdict over all cases, at most. */
const level = 0.05;

/**
 * Two processes of the same build differ by more than their turns tell: their data lie elsewhere in memory. Measured: a
 * standard deviation of 0.3 to 1.4 % over single ops. It enters where each contestant has only one process.
 */
const betweenProcesses = 0.007;

/** From here on Student's t is a normal distribution; its quantiles are not computed well beyond. */
const manyFreedoms = 1e6;

/** Share of the turns trimmed at each end. */
const trim = 0.2;

/** Least number of cases to estimate the scatter between runs from. */
const enough = 8;

/** A scatter beyond this is not chance, so its own uncertainty enters the degrees of freedom. */
const significant = 1.5;

/** @param by with `processor`, pairs in which a contestant does not tell its processor time are left out */
export function compare(pairs: readonly Pair[], by: Measure = "clock"): Compared[] {
  const told = pairs.filter(({ first, second }) => by === "clock" || (first.processor && second.processor));
  const found = told.map((pair) => ({ pair, ...difference(pair, by) }));
  const tested = found.filter(({ error, freedom }) => error > 0 && freedom > 0);
  const between = scatterOf(tested.map(({ shift, error }) => shift / error));
  return found.map(({ pair, shift, error, freedom, drift }) => {
    const { suite, case: name, backend } = pair.first;
    const other = pair.second.backend;
    const who = other === backend ? backend : `${other} / ${backend}`;
    const { wider, most } = replicated(pair) ? { wider: 1, most: Number.POSITIVE_INFINITY } : between;
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

/** Processes repeated in turns show all that varies by themselves. */
function replicated({ first, second, inTurns }: Pair): boolean {
  return inTurns && first.processes.length > 1 && second.processes.length > 1;
}

/** By how much more the differences scatter than their errors explain, and the degrees of freedom of that estimate. */
function scatterOf(scores: readonly number[]): { wider: number; most: number } {
  const middle = median(scores);
  const scatter = median(scores.map((score) => Math.abs(score - middle))) / 0.6745;
  const wider = scores.length < enough ? 1 : Math.max(1, scatter);
  // The degrees of freedom of a scale estimated by the median absolute deviation, whose efficiency is 37 %.
  return { wider, most: wider > significant ? 0.37 * scores.length : Number.POSITIVE_INFINITY };
}

interface Difference {
  /** Log of the second's speed over the first's. */
  readonly shift: number;
  readonly error: number;
  readonly freedom: number;
  /** Log ratio of the machine's own slowness; the interval is extended by it, in its direction. */
  readonly drift: number;
}

function difference({ first, second, inTurns }: Pair, by: Measure): Difference {
  const [a, b] = [speeds(first, by), speeds(second, by)];
  if (inTurns) {
    const apart = a.slice(0, b.length).map((own, process) => {
      const other = b[process] as readonly number[];
      return own.slice(0, other.length).map((speed, i) => (other[i] as number) - speed);
    });
    const { mean, variance, freedom } = averaged(apart, 2 * betweenProcesses ** 2);
    return { shift: mean, error: Math.sqrt(variance), freedom, drift: 0 };
  }
  const [x, y] = [averaged(a, betweenProcesses ** 2), averaged(b, betweenProcesses ** 2)];
  const variance = x.variance + y.variance;
  const freedom = variance ** 2 / (x.variance ** 2 / x.freedom + y.variance ** 2 / y.freedom);
  // A slower machine makes the second look slower: extend the interval to its speed without that.
  const drift = Math.log(median(second.machine) / median(first.machine));
  const shift = y.mean - x.mean;
  return { shift, error: Math.sqrt(variance), freedom: freedom || 0, drift: Number.isFinite(drift) ? drift : 0 };
}

/** The log of each turn's speed, by process; higher is faster. */
function speeds({ samples, turns, better, processes, processor }: Timed, by: Measure): number[][] {
  const clock = parts(samples, turns).map((turn) => (better === "higher" ? 1 : -1) * Math.log(median(turn)));
  return parts(by === "clock" ? clock : (processor ?? []).map((seconds) => -Math.log(seconds)), processes);
}

function parts(values: readonly number[], counts: readonly number[]): number[][] {
  let at = 0;
  return counts.map((count) => {
    at += count;
    return values.slice(at - count, at);
  });
}

/**
 * The trimmed mean over processes, each by the median of its turns; of a single process, over its turns.
 * @param single the variance between processes, for a single one
 */
function averaged(
  processes: readonly (readonly number[])[],
  single: number,
): { mean: number; variance: number; freedom: number } {
  const [only = []] = processes;
  if (processes.length > 1) {
    const { mean, variance, kept } = trimmed(processes.map(median));
    return { mean, variance, freedom: kept - 1 };
  }
  const { mean, variance, kept } = trimmed(only);
  // Welch–Satterthwaite, with the variance between processes as known.
  const both = variance + single;
  return { mean, variance: both, freedom: Math.min(manyFreedoms, (kept - 1) * (both / variance) ** 2) };
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
