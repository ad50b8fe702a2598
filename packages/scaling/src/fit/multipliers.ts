// Compute multipliers: how much less a group spends to reach the loss of each run of the baseline.
import { CambiumError, Random } from "@cambium/ir";
import { type CurvePoint, costAtLoss } from "../curve.js";
import { type Interval, percentiles } from "./bootstrap.js";
import { byGroup, type FitRow, type Residual } from "./table.js";

export interface Multiplier {
  /** FLOPs of the baseline's run. */
  readonly compute: number;
  /** `compute` divided by the FLOPs at which the group reaches the same loss; null outside the group's runs. */
  readonly value: number | null;
  /** The 95 % bootstrap interval ({@link multiplierIntervals}). */
  readonly interval?: Interval;
}

/**
 * For each group except the baseline, at each of the baseline's costs. ln C is interpolated linearly in the loss
 * between the two runs of the group that bracket it; nothing is extrapolated. Runs at the same cost are averaged.
 * @throws CambiumError `E_SCALING_INPUT` if the baseline is not a group
 */
export function multipliers(rows: readonly FitRow[], baseline: string): Record<string, Multiplier[]> {
  const groups = byGroup(rows);
  const reference = groups.get(baseline);
  if (reference === undefined)
    throw new CambiumError("E_SCALING_INPUT", "the baseline is not in the table", {
      expected: [...groups.keys()].join(", "),
      got: baseline,
      ...(groups.size === 1 && { hint: "a baseline is one of several groups: name their column with --group" }),
    });
  const points = curveOf(reference);
  return Object.fromEntries(
    [...groups]
      .filter(([name]) => name !== baseline)
      .map(([name, own]) => {
        const curve = curveOf(own);
        return [
          name,
          points.map(({ cost, loss }) => {
            const reached = costAtLoss(curve, loss);
            return { compute: cost, value: reached === null ? null : cost / reached };
          }),
        ];
      }),
  );
}

/**
 * The same with intervals: losses are resampled as the fitted laws plus residuals of ln L, and each draw's multipliers
 * are compared with those of the laws themselves.
 * @param residuals the residuals of a fit to the same rows
 * @param draws bootstrap draws; 0 for no intervals
 */
export function multiplierIntervals(
  rows: readonly FitRow[],
  residuals: readonly Residual[],
  baseline: string,
  draws: number,
): Record<string, Multiplier[]> {
  const found = multipliers(rows, baseline);
  // A baseline that was left out of the fit has no law.
  if (draws === 0 || !residuals.some(({ group }) => group === baseline)) return found;
  // Residuals are smaller than the noise, because the fit has A and γ for each group and one E; this scales them up.
  const freedom = Math.max(1, residuals.length - 2 * byGroup(residuals).size - 1);
  const wider = Math.sqrt(residuals.length / freedom);
  const off = residuals.map(({ y, fit }) => wider * Math.log(y / fit));
  const random = new Random(`multipliers over ${baseline}`);
  const laws = multipliers(
    residuals.map((row) => ({ ...row, y: row.fit })),
    baseline,
  );
  const drawn = Array.from({ length: draws }, (_, draw) =>
    multipliers(
      residuals.map((row, i) => {
        const at = Math.floor(random.uniform(draw * residuals.length + i) * off.length);
        return { ...row, y: row.fit * Math.exp(off[at] as number) };
      }),
      baseline,
    ),
  );
  return Object.fromEntries(
    Object.entries(found).map(([name, points]) => [
      name,
      points.map((point, i): Multiplier => {
        const law = laws[name]?.[i]?.value ?? null;
        if (point.value === null || law === null) return { ...point, interval: null };
        const ratios = drawn.flatMap((one) => one[name]?.[i]?.value ?? []).map((value) => Math.log(value / law));
        const ends = ratios.length < draws / 2 ? null : percentiles(ratios);
        const value = point.value;
        // The basic bootstrap: if draws are too high by some ratio, the truth lies below the estimate by that ratio.
        return { ...point, interval: ends && [value * Math.exp(-ends[1]), value * Math.exp(-ends[0])] };
      }),
    ]),
  );
}

function curveOf(rows: readonly FitRow[]): CurvePoint[] {
  const losses = new Map<number, number[]>();
  for (const { x, y } of rows) losses.set(x[0] as number, [...(losses.get(x[0] as number) ?? []), y]);
  return [...losses]
    .map(([cost, all]) => ({ cost, loss: all.reduce((sum, loss) => sum + loss, 0) / all.length }))
    .sort((a, b) => a.cost - b.cost);
}
