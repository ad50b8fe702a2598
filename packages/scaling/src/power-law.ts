// The scaling law L = a·C^b, fitted to the final points of one family of runs.
import { CambiumError } from "@cambium/ir";
import { levenbergMarquardt } from "ml-levenberg-marquardt";
import type { LossCurve } from "./curve.js";
import { requirePositive } from "./input.js";
import { linearFit, sumOfSquares } from "./least-squares.js";

/** L = a·C^b: loss in nats per token, C in FLOPs (or whatever the points' cost is). */
export interface PowerLaw {
  readonly a: number;
  /** Negative where more compute helps. */
  readonly b: number;
}

export interface PowerLawFit extends PowerLaw {
  /** Share of the variance of L explained. */
  readonly r2: number;
  /** L − a·C^b, in the order of the points. */
  readonly residuals: readonly number[];
}

/**
 * Fits L = a·C^b to (cost, final loss) points of separate runs: log-log least squares to start, then nonlinear least
 * squares on L itself. There is no irreducible term. Fit scratch and grown families separately.
 * @throws CambiumError `E_SCALING_INPUT` for points that are not positive, `E_SCALING_RANK` with fewer than 3 distinct costs.
 */
export function fitPowerLaw(points: LossCurve): PowerLawFit {
  for (const [i, { cost, loss }] of points.entries())
    requirePositive({ [`points[${i}].cost`]: cost, [`points[${i}].loss`]: loss });
  const distinct = new Set(points.map((point) => point.cost)).size;
  if (distinct < 3) {
    throw new CambiumError("E_SCALING_RANK", "rank: a scaling law needs runs of different cost", {
      expected: "at least 3 distinct costs",
      got: `${distinct}`,
    });
  }
  const logCost = points.map((point) => Math.log(point.cost));
  const loss = points.map((point) => point.loss);
  const centre = logCost.reduce((sum, value) => sum + value, 0) / logCost.length;
  const x = logCost.map((value) => value - centre);
  const start = linearFit(
    x.map((value) => [value]),
    loss.map(Math.log),
    ["log C"],
  );
  // L = k·exp(b·x) with x = log C − centre: k is then a loss, and the two parameters have similar sizes.
  const { parameterValues } = levenbergMarquardt(
    { x, y: loss },
    ([k, b]) =>
      (at) =>
        (k as number) * Math.exp((b as number) * at),
    {
      initialValues: [Math.exp(start.intercept), start.slopes[0] as number],
      jacobianFunction:
        ([k, b]) =>
        (at) => [Math.exp((b as number) * at), (k as number) * at * Math.exp((b as number) * at)],
      errorTolerance: 0,
      maxIterations: 50,
    },
  );
  const [k, b] = parameterValues as [number, number];
  const residuals = loss.map((value, i) => value - k * Math.exp(b * (x[i] as number)));
  const meanLoss = loss.reduce((sum, value) => sum + value, 0) / loss.length;
  const total = sumOfSquares(loss.map((value) => value - meanLoss));
  return { a: k * Math.exp(-b * centre), b, r2: total === 0 ? 1 : 1 - sumOfSquares(residuals) / total, residuals };
}

/** C at which a law reaches `loss`. @throws CambiumError `E_SCALING_INPUT`. */
export function costOfLoss({ a, b }: PowerLaw, loss: number): number {
  requirePositive({ loss, a });
  return (loss / a) ** (1 / b);
}

/**
 * C_grown / C_scratch at equal loss, (L/a_g)^(1/b_g) / (L/a_s)^(1/b_s): below 1 where growing is cheaper.
 * @throws CambiumError `E_SCALING_INPUT`.
 */
export function costRatio(scratch: PowerLaw, grown: PowerLaw, loss: number): number {
  return costOfLoss(grown, loss) / costOfLoss(scratch, loss);
}
