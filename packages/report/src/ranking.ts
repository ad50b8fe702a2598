// Ranks arms that grew by different operators by their final loss, and correlates it with their connection rate.
import { connectionRate } from "@cambium/growth";
import { rankCorrelation } from "@cambium/scaling";
import { summarizeArm } from "./arm-summary.js";
import { type Arm, heldOutCurve } from "./arms.js";

export interface Ranked {
  readonly arm: Arm;
  readonly operator: string;
  /** R_c of the arm's last growth is `kept / pairs`: neighbouring layer pairs kept, of the target's pairs. */
  readonly kept: number;
  readonly pairs: number;
  /** Final held-out loss, nats per token. */
  readonly loss: number;
  /** As `ArmSummary.speedup`. */
  readonly speedup: number | null;
}

export interface Ranking {
  /** Lowest loss first. */
  readonly arms: readonly Ranked[];
  /** Spearman's ρ between R_c and final loss: −1 if a higher R_c always means a lower loss. */
  readonly correlation: number | null;
}

/** @returns null if fewer than two grown arms are done */
export function rank(arms: readonly Arm[]): Ranking | null {
  const scratch = arms.find((arm) => !arm.grows);
  const ranked = arms.flatMap((arm): Ranked[] => {
    const growth = arm.growths.at(-1)?.record;
    const loss = heldOutCurve(arm, "flops").at(-1)?.loss;
    if (growth === undefined || loss === undefined || !arm.done) return [];
    const { speedup } = summarizeArm(arm, scratch);
    const { numerator: kept, denominator: pairs } = connectionRate(growth.layerMap);
    return [{ arm, operator: growth.operator, kept, pairs, loss, speedup }];
  });
  if (ranked.length < 2) return null;
  ranked.sort((a, b) => a.loss - b.loss);
  return { arms: ranked, correlation: rankCorrelation(ranked.map(({ kept, pairs, loss }) => [kept / pairs, loss])) };
}
