// Medians, quantiles, slopes and bootstrap intervals of small samples.
import { Random } from "@cambium/ir";

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Linear interpolation between order statistics; NaN for no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** Theil–Sen estimator: the median slope, per index, between all pairs of values. NaN for fewer than two. */
export function slope(values: readonly number[]): number {
  return median(values.flatMap((value, i) => values.slice(i + 1).map((later, j) => (later - value) / (j + 1))));
}

/**
 * 95 % bootstrap interval of the median. Whole turns are resampled, because samples of one turn share the same load on
 * the machine (Efron 1979, with clusters). The same samples give the same interval.
 */
export function medianInterval(turns: readonly (readonly number[])[]): readonly [low: number, high: number] {
  const drawn = resampled(turns.length, 1000, (pick) => median(pick.flatMap((i) => turns[i] ?? [])));
  return [quantile(drawn, 0.025), quantile(drawn, 0.975)];
}

/** A statistic over `times` draws of `count` indices with replacement. */
export function resampled(count: number, times: number, statistic: (pick: readonly number[]) => number): number[] {
  const random = new Random("bench/bootstrap");
  return Array.from({ length: times }, (_, draw) =>
    statistic(Array.from({ length: count }, (_, i) => random.word(draw * count + i) % count)),
  );
}
