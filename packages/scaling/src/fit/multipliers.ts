// Compute multipliers: how much less a group spends to reach what each run of the baseline reached.
import { CambiumError } from "@cambium/ir";
import { type CurvePoint, costAtLoss } from "../curve.js";
import { byGroup, type FitRow } from "./table.js";

export interface Multiplier {
  /** Of the baseline's run. */
  readonly compute: number;
  /** That over the compute at which the group reaches the same loss; null outside the group's runs. */
  readonly value: number | null;
}

/**
 * For each group but the baseline, at each of the baseline's costs: ln C is interpolated linearly in the loss between the
 * two runs of the group that bracket it, and nothing is extrapolated. Runs of one group at one cost count as their mean.
 * @throws CambiumError `E_SCALING_INPUT` for a baseline that is not there.
 */
export function multipliers(rows: readonly FitRow[], baseline: string): Record<string, Multiplier[]> {
  const groups = byGroup(rows);
  const reference = groups.get(baseline);
  if (reference === undefined)
    throw new CambiumError("E_SCALING_INPUT", "the baseline is not in the table", {
      expected: [...groups.keys()].join(", "),
      got: baseline,
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

function curveOf(rows: readonly FitRow[]): CurvePoint[] {
  const losses = new Map<number, number[]>();
  for (const { x, y } of rows) losses.set(x[0] as number, [...(losses.get(x[0] as number) ?? []), y]);
  return [...losses]
    .map(([cost, all]) => ({ cost, loss: all.reduce((sum, loss) => sum + loss, 0) / all.length }))
    .sort((a, b) => a.cost - b.cost);
}
