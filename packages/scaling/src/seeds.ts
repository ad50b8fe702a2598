// Statistics over seeds: means, intervals, and whether two arms differ.
import { studentQuantile } from "./student.js";

/** Mean, standard deviation (n − 1) and the 95 % interval of the mean by Student's t. */
export interface SeedStatistics {
  readonly count: number;
  readonly mean: number;
  /** Null with one value. */
  readonly deviation: number | null;
  readonly interval: readonly [low: number, high: number] | null;
}

/** @param values one per seed; at least one */
export function seedStatistics(values: readonly number[]): SeedStatistics {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { count, mean, deviation: null, interval: null };
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1));
  const half = (studentQuantile(0.975, count - 1) * deviation) / Math.sqrt(count);
  return { count, mean, deviation, interval: [mean - half, mean + half] };
}

/**
 * `2.341 ± 0.012 [2.312, 2.372]`: the mean, and deviation and interval if there are any.
 * @param printDeviation default: as the mean
 * @param printEnd of an end of the interval; default: as the mean
 */
export function statisticsText(
  { mean, deviation, interval }: SeedStatistics,
  print: (value: number) => string,
  printDeviation = print,
  printEnd = print,
): string {
  const off = deviation === null ? "" : ` ± ${printDeviation(deviation)}`;
  return `${print(mean)}${off}${intervalText(interval, printEnd)}`;
}

/** ` [2.312, 2.372]`, after what it is the interval of; nothing for none. */
export function intervalText(interval: SeedStatistics["interval"], print: (value: number) => string): string {
  return interval === null ? "" : ` [${print(interval[0])}, ${print(interval[1])}]`;
}

export interface PairedDifference extends SeedStatistics {
  /** Whether the interval excludes 0; null with one pair, which has no interval. */
  readonly differs: boolean | null;
}

/** The first value minus the second, paired by seed, which cancels what seeds share (the paired t-test at 5 %). */
export function pairedDifference(pairs: readonly (readonly [first: number, second: number])[]): PairedDifference {
  const statistics = seedStatistics(pairs.map(([first, second]) => first - second));
  const { interval } = statistics;
  return { ...statistics, differs: interval && (interval[0] > 0 || interval[1] < 0) };
}
