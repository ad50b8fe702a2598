// What several seeds say together: means, intervals, and whether two arms differ at all.

/** Of a few values: mean, standard deviation (n − 1) and the interval of 95 % of the mean by Student's t. */
export interface SeedStatistics {
  readonly count: number;
  readonly mean: number;
  /** Null with one value. */
  readonly deviation: number | null;
  readonly interval: readonly [low: number, high: number] | null;
}

/** Student's t at 97.5 %, by degrees of freedom from 1. */
const t = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** Beyond the table an expansion that is right to 1e-3. */
function studentT(freedom: number): number {
  return t[freedom - 1] ?? 1.96 + 2.372 / freedom + 2.82 / freedom ** 2;
}

/** @param values one a seed; at least one */
export function seedStatistics(values: readonly number[]): SeedStatistics {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { count, mean, deviation: null, interval: null };
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1));
  const half = (studentT(count - 1) * deviation) / Math.sqrt(count);
  return { count, mean, deviation, interval: [mean - half, mean + half] };
}

export interface PairedDifference extends SeedStatistics {
  /** The interval leaves out 0; null with one pair, which says nothing about it. */
  readonly differs: boolean | null;
}

/** Of values paired by seed, first less second: what seeds have in common drops out (the paired t-test at 5 %). */
export function pairedDifference(pairs: readonly (readonly [first: number, second: number])[]): PairedDifference {
  const statistics = seedStatistics(pairs.map(([first, second]) => first - second));
  const { interval } = statistics;
  return { ...statistics, differs: interval && (interval[0] > 0 || interval[1] < 0) };
}
