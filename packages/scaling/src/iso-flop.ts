// IsoFLOP fits: at one budget, loss over the log of a choice is nearly a parabola, whose minimum is the best choice.
import { CambiumError, highest, lowest } from "@cambium/ir";
import { requirePositive } from "./input.js";
import { linearFit } from "./least-squares.js";

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
  const [low, high] = [lowest(logs), highest(logs)];
  const centre = (low + high) / 2;
  const x = logs.map((log) => log - centre);
  const fit = linearFit(
    x.map((at) => [at, at * at]),
    runs.map((run) => run.loss),
    ["x", "x²"],
  );
  const [p1, p2] = fit.slopes as [number, number];
  if (!(p2 > 0)) return { found: false, reason: "the losses do not bend upwards" };
  const best = -p1 / (2 * p2);
  if (best + centre < low || best + centre > high) {
    return {
      found: false,
      reason: `the minimum, ${(10 ** (best + centre)).toPrecision(3)}, lies outside the choices tried`,
    };
  }
  return { found: true, choice: 10 ** (best + centre), loss: fit.intercept + (p1 * best) / 2 };
}

export interface IsoFlopFamily {
  /** C, the FLOPs that each run of the family spent. */
  readonly flops: number;
  readonly runs: readonly Choice[];
}

export interface IsoFlopFit {
  /** The best choice grows as coefficient · C^exponent. */
  readonly coefficient: number;
  readonly exponent: number;
  readonly r2: number;
  readonly optima: readonly { readonly flops: number; readonly choice: number; readonly loss: number }[];
  readonly discarded: readonly { readonly flops: number; readonly reason: string }[];
}

/**
 * The best choice as a power of the budget, from families with equal budgets (Hoffmann et al. 2022, approach 2).
 * @throws CambiumError `E_SCALING_RANK` if fewer than 2 budgets have an optimum; its reasons say why
 */
export function fitIsoFlop(families: readonly IsoFlopFamily[]): IsoFlopFit {
  const results = families.map(({ flops, runs }) => {
    requirePositive({ flops });
    return { flops, ...isoFlopOptimum(runs) };
  });
  const optima = results.flatMap((result) =>
    result.found ? [{ flops: result.flops, choice: result.choice, loss: result.loss }] : [],
  );
  const discarded = results.flatMap((result) => (result.found ? [] : [{ flops: result.flops, reason: result.reason }]));
  const budgets = new Set(optima.map((optimum) => optimum.flops)).size;
  if (budgets < 2) {
    throw new CambiumError("E_SCALING_RANK", "rank: too few budgets have an optimum", {
      expected: "2 distinct budgets or more",
      got: String(budgets),
      reasons: discarded.map(({ flops, reason }) => ({ where: `C = ${flops}`, message: reason })),
    });
  }
  const fit = linearFit(
    optima.map(({ flops }) => [Math.log10(flops)]),
    optima.map(({ choice }) => Math.log10(choice)),
    ["log C"],
  );
  return { coefficient: 10 ** fit.intercept, exponent: fit.slopes[0] as number, r2: fit.r2, optima, discarded };
}
