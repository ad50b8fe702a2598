// Medians, quantiles and slopes of small samples.

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

/** Theil–Sen: the median of the slopes between all pairs of values, per place. NaN for fewer than two. */
export function slope(values: readonly number[]): number {
  return median(values.flatMap((value, i) => values.slice(i + 1).map((later, j) => (later - value) / (j + 1))));
}
