// Refits the growth-timing equation to a user's runs: the best d for each model and budget, then a plane through them.
import { CambiumError } from "@cambium/ir";
import { type LossCurve, lossAtCost, smoothLoss } from "./curve.js";
import { requirePositive } from "./input.js";
import { isoFlopOptimum } from "./iso-flop.js";
import { linearFit } from "./least-squares.js";
import type { TimingCoefficients } from "./timing.js";

/** One grown run of a family with equal N and g. */
export interface TimedRun {
  /** N, parameters of the target. */
  readonly parameters: number;
  /** d, tokens the base was trained on. Runs with d = 0, which are from scratch, are left out. */
  readonly baseTokens: number;
  /** C₁, FLOPs of the base. */
  readonly baseFlops: number;
  /** Loss over cumulative FLOPs, C₁ included. */
  readonly curve: LossCurve;
}

export interface TimingRefit {
  readonly coefficients: TimingCoefficients;
  readonly r2: number;
  /** The best d of each model and budget; `residual` is log10 d minus the fit's. */
  readonly optima: readonly {
    readonly parameters: number;
    readonly flops: number;
    readonly baseTokens: number;
    readonly residual: number;
  }[];
  /** Models and budgets without a best d, and why. */
  readonly discarded: readonly { readonly parameters: number; readonly flops: number; readonly reason: string }[];
}

/**
 * At each budget, fits a parabola over log10 d to the losses of all runs that had grown by then, and takes its minimum.
 * Then fits log10 d by least squares on log10 N and 1 / log10 C.
 * @param budgets C_k, FLOPs
 * @param smoothing weight of the moving average over each curve ({@link smoothLoss}); 0 does not smooth
 * @throws CambiumError `E_SCALING_INPUT`; `E_SCALING_RANK` if fewer than 3 optima, 2 models or 2 budgets are left, or
 *   models and budgets vary together; its reasons name what was discarded
 */
export function refitTiming(runs: readonly TimedRun[], budgets: readonly number[], smoothing = 0): TimingRefit {
  for (const flops of budgets) requirePositive({ flops });
  const grown = runs.filter((run) => run.baseTokens > 0);
  for (const { parameters, baseFlops } of grown) requirePositive({ parameters, baseFlops });
  const smooth = grown.map((run) => ({ ...run, curve: smoothLoss(run.curve, smoothing) }));
  const found: { parameters: number; flops: number; baseTokens: number }[] = [];
  const discarded: { parameters: number; flops: number; reason: string }[] = [];
  for (const parameters of new Set(smooth.map((run) => run.parameters))) {
    for (const flops of budgets) {
      const choices = smooth.flatMap((run) => {
        const loss = run.parameters === parameters && run.baseFlops < flops ? lossAtCost(run.curve, flops) : null;
        return loss === null ? [] : [{ choice: run.baseTokens, loss }];
      });
      const optimum = isoFlopOptimum(choices);
      if (optimum.found) found.push({ parameters, flops, baseTokens: optimum.choice });
      else discarded.push({ parameters, flops, reason: optimum.reason });
    }
  }
  const fit = fitPlane(found, discarded);
  const [logParameters, inverseLogFlops] = fit.slopes as [number, number];
  return {
    coefficients: { logParameters, inverseLogFlops, constant: fit.intercept },
    r2: fit.r2,
    optima: found.map((optimum, i) => ({ ...optimum, residual: fit.residuals[i] as number })),
    discarded,
  };
}

function fitPlane(
  found: readonly Omit<TimingRefit["optima"][number], "residual">[],
  discarded: TimingRefit["discarded"],
) {
  try {
    return linearFit(
      found.map(({ parameters, flops }) => [Math.log10(parameters), 1 / Math.log10(flops)]),
      found.map(({ baseTokens }) => Math.log10(baseTokens)),
      ["log10 N", "1 / log10 C"],
    );
  } catch (error) {
    if (!(error instanceof CambiumError) || error.code !== "E_SCALING_RANK") throw error;
    throw new CambiumError(error.code, error.summary, {
      ...error.details,
      reasons: discarded.map(({ parameters, flops, reason }) => ({
        where: `N = ${parameters}, C = ${flops}`,
        message: reason,
      })),
    });
  }
}
