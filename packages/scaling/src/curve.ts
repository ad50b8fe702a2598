// Loss curves: points of (cost, loss); smoothing, running minimum, and interpolation at a loss or at a cost.
import { requirePositive } from "./input.js";

/** One measurement of a training run. */
export interface CurvePoint {
  /** Spent so far, in the same unit for all curves compared: FLOPs, seconds or tokens. Never decreases. */
  readonly cost: number;
  /** Nats per token. */
  readonly loss: number;
}

/** A run's measurements in order of cost. */
export type LossCurve = readonly CurvePoint[];

/**
 * Exponential moving average: s₀ = x₀, sᵢ = w·sᵢ₋₁ + (1 − w)·xᵢ. Costs do not change. The average lags, so compare only
 * curves with the same smoothing and similar intervals between measurements.
 * @param weight w in [0, 1); 0 leaves the curve unchanged
 * @throws CambiumError `E_SCALING_INPUT`
 */
export function smoothLoss<P extends CurvePoint>(curve: readonly P[], weight: number): P[] {
  if (weight !== 0) requirePositive({ weight, "1 - weight": 1 - weight });
  let average: number | undefined;
  return curve.map((point) => {
    average = average === undefined ? point.loss : weight * average + (1 - weight) * point.loss;
    return { ...point, loss: average };
  });
}

/** The lowest loss up to each point. NaN losses are ignored. */
export function runningMin<P extends CurvePoint>(curve: readonly P[]): P[] {
  let lowest = Number.POSITIVE_INFINITY;
  return curve.map((point) => {
    if (point.loss < lowest) lowest = point.loss;
    return { ...point, loss: lowest };
  });
}

/**
 * The cost at which a curve first falls to `loss`: log cost interpolated linearly in loss on the running minimum.
 * Null if it never does, and if its first point of positive cost is already below `loss`, because then the crossing was
 * not measured.
 */
export function costAtLoss(curve: LossCurve, loss: number): number | null {
  let before: CurvePoint | undefined;
  for (const point of runningMin(curve)) {
    if (!(point.cost > 0)) continue;
    if (point.loss <= loss) {
      if (point.loss === loss) return point.cost;
      if (before === undefined || !Number.isFinite(before.loss)) return null;
      const t = (before.loss - loss) / (before.loss - point.loss);
      return Math.exp((1 - t) * Math.log(before.cost) + t * Math.log(point.cost));
    }
    before = point;
  }
  return null;
}

/** The loss of a curve at `cost`, interpolated linearly in log cost; null outside its points. */
export function lossAtCost(curve: LossCurve, cost: number): number | null {
  const points = curve.filter((point) => point.cost > 0);
  const after = points.findIndex((point) => point.cost >= cost);
  const to = points[after];
  if (to === undefined) return null;
  if (to.cost === cost) return to.loss;
  const from = points[after - 1];
  if (from === undefined) return null;
  const t = Math.log(cost / from.cost) / Math.log(to.cost / from.cost);
  return (1 - t) * from.loss + t * to.loss;
}

/** The lowest loss of a curve; null if it has no finite loss. */
export function bestLoss(curve: LossCurve): number | null {
  const best = runningMin(curve).at(-1)?.loss;
  return best === undefined || !Number.isFinite(best) ? null : best;
}
