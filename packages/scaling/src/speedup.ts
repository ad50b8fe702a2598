// Speed-up at equal loss: how much more the scratch run spends than the base and the grown run together.
import { bestLoss, costAtLoss, type LossCurve } from "./curve.js";

/**
 * sp(L*) = cost_scratch(L*) / cost_grown(L*) − 1 (Du et al. 2024, eq. 48), as a ratio: 0.546 is the paper's 54.6 %; a
 * negative value means that growing cost more. Null if either curve does not reach `atLoss`.
 * @param grown its costs include the base's
 * @param atLoss L*, nats per token
 */
export function speedup(scratch: LossCurve, grown: LossCurve, atLoss: number): number | null {
  const scratchCost = costAtLoss(scratch, atLoss);
  const grownCost = costAtLoss(grown, atLoss);
  return scratchCost === null || grownCost === null ? null : scratchCost / grownCost - 1;
}

export interface SpeedupAtEnd {
  /** L*: the lowest loss that both runs reach, which is the higher of their two lowest losses. */
  readonly loss: number;
  readonly scratchCost: number;
  /** Includes the base. */
  readonly grownCost: number;
  readonly speedup: number;
}

/**
 * The speed-up at the lowest loss that both runs reach, which is the best loss of one of them. Null if no loss lies
 * within both curves.
 */
export function speedupAtEnd(scratch: LossCurve, grown: LossCurve): SpeedupAtEnd | null {
  const best = [bestLoss(scratch), bestLoss(grown)] as const;
  if (best[0] === null || best[1] === null) return null;
  const loss = Math.max(best[0], best[1]);
  const scratchCost = costAtLoss(scratch, loss);
  const grownCost = costAtLoss(grown, loss);
  if (scratchCost === null || grownCost === null) return null;
  return { loss, scratchCost, grownCost, speedup: scratchCost / grownCost - 1 };
}
