// The best of some choices at equal budgets: loss over the log of a choice is nearly a parabola.
import { fitQuadratic, whyNoMinimum } from "./fit/quadratic.js";
import { requirePositive } from "./input.js";

/** One run of a family with equal budgets. */
export interface Choice {
  /** The choice: parameters N, or base tokens d. Positive. */
  readonly choice: number;
  /** Loss at the budget, nats per token. */
  readonly loss: number;
}

export type Optimum =
  | { readonly found: true; readonly choice: number; readonly loss: number }
  /** Why the parabola has no usable minimum. */
  | { readonly found: false; readonly reason: string };

/**
 * The best choice at one budget: the minimum of loss = p₂x² + p₁x + p₀ over x = log10 choice, by least squares.
 * Returns a reason, not an error, because other budgets may work: if there are fewer than 3 distinct choices, if the
 * parabola is not convex, or if its minimum lies outside the choices tried.
 * @throws CambiumError `E_SCALING_INPUT` for a choice or loss that is not positive
 */
export function isoFlopOptimum(runs: readonly Choice[]): Optimum {
  for (const [i, { choice, loss }] of runs.entries())
    requirePositive({ [`runs[${i}].choice`]: choice, [`runs[${i}].loss`]: loss });
  const distinct = new Set(runs.map((run) => run.choice)).size;
  if (distinct < 3) return { found: false, reason: `${distinct} distinct choices, 3 needed` };
  const logs = runs.map((run) => Math.log10(run.choice));
  const losses = runs.map((run) => run.loss);
  const parabola = fitQuadratic(logs, losses, 0, "");
  const reason = whyNoMinimum(parabola, logs);
  if (reason !== undefined) return { found: false, reason };
  return { found: true, choice: 10 ** parabola.minimum, loss: parabola.loss };
}
