// Bootstrap intervals: residuals are resampled, each draw is fitted like the table itself, and the differences in units
// of each draw's standard error give the interval (bootstrap-t, which keeps its level even with few points).
import { Random } from "@cambium/ir";

/** Lower and upper end at 95 %; null if there are too few points, or too few draws could be fitted. */
export type Interval = readonly [low: number, high: number] | null;

/** A fitted number with its standard error. */
export interface Estimate {
  readonly value: number;
  readonly error: number;
}

/** Estimates by name. */
export type Estimates = Readonly<Record<string, Estimate>>;

const level = 0.95;
/** Least draws that show the tails. */
const fewest = 40;

/** The interval of `estimate` from the same number fitted in each draw. */
export function intervalOf(estimate: Estimate, draws: readonly (Estimate | undefined)[]): Interval {
  const t = draws
    .map((draw) => (draw === undefined ? Number.NaN : (draw.value - estimate.value) / draw.error))
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  if (!Number.isFinite(estimate.error) || (estimate.error > 0 && t.length < Math.max(fewest, draws.length / 2)))
    return null;
  if (t.length === 0) return estimate.error === 0 ? [estimate.value, estimate.value] : null;
  const tail = (1 - level) / 2;
  return [estimate.value - quantile(t, 1 - tail) * estimate.error, estimate.value - quantile(t, tail) * estimate.error];
}

/** The middle 95 % of the values. */
export function percentiles(values: readonly number[]): Interval {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length < fewest) return null;
  const tail = (1 - level) / 2;
  return [quantile(sorted, tail), quantile(sorted, 1 - tail)];
}

/**
 * Makes new measurements by draw: the fitted values plus residuals drawn with replacement.
 * @param leverages hᵢ of each point: its residual is divided by √(1 − hᵢ), because a fit makes residuals smaller than
 *   the noise
 * @param name seeds the random numbers
 */
export function resampler(
  fitted: readonly number[],
  y: readonly number[],
  leverages: readonly number[],
  name: string,
): (draw: number) => number[] {
  const raw = y.map(
    (value, i) => (value - (fitted[i] as number)) / Math.sqrt(Math.max(1e-6, 1 - (leverages[i] as number))),
  );
  const mean = raw.reduce((sum, value) => sum + value, 0) / raw.length;
  const random = new Random(`bootstrap ${name}`);
  return (draw) =>
    fitted.map((value, i) => {
      const at = Math.floor(random.uniform(draw * fitted.length + i) * raw.length);
      return value + (raw[at] as number) - mean;
    });
}

/** The q-quantile of sorted values, interpolated. */
function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const [low, high] = [sorted[below] as number, sorted[Math.min(below + 1, sorted.length - 1)] as number];
  return low + (at - below) * (high - low);
}
