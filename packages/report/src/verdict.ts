// The verdict of a run: the speed-up at equal held-out loss of the grown over the scratch arm, or why there is none.
import { lowest } from "@cambium/ir";
import { costAtLoss, speedupAtEnd } from "@cambium/scaling";
import { type Arm, type Cost, costs, heldOutCurve } from "./arms.js";

export interface Verdict {
  readonly grown: Arm;
  readonly scratch: Arm;
  /** L*, the lowest held-out loss both arms reached; nats per token. */
  readonly loss: number;
  /** What each arm spent to reach L*, base included; null if an arm reached it before its first measurement. */
  readonly cost: Readonly<Record<Cost, { readonly grown: number; readonly scratch: number } | null>>;
  /** In FLOPs (Du et al. 2024, eq. 48), a ratio. */
  readonly speedup: number;
  /** The arm that took longer to L* and yet went on to a lower loss; null if the faster one did. */
  readonly beyond: { readonly arm: Arm; readonly loss: number } | null;
}

export type Judgement = { readonly verdict: Verdict } | { readonly verdict: null; readonly why: string };

/** Compares a grown arm with one trained from scratch. */
export function compare(grown: Arm, scratch: Arm): Judgement {
  const none = [grown, scratch].filter((arm) => heldOutCurve(arm, "flops").length === 0);
  if (none.length > 0)
    return {
      verdict: null,
      why: `No held-out loss was measured yet for ${none.map((arm) => arm.name).join(" and ")}.`,
    };
  const end = speedupAtEnd(heldOutCurve(scratch, "flops"), heldOutCurve(grown, "flops"));
  if (end === null)
    return {
      verdict: null,
      why: "The two arms have no held-out loss in common: one never gets down to the other's first measurement.",
    };
  const cost = Object.fromEntries(costs.map((by) => [by, costsAt(end.loss, by)])) as Verdict["cost"];
  const slower = end.speedup > 0 ? scratch : grown;
  const best = lowest(heldOutCurve(slower, "flops").map(({ loss }) => loss));
  const beyond = best < end.loss ? { arm: slower, loss: best } : null;
  return { verdict: { grown, scratch, loss: end.loss, cost, speedup: end.speedup, beyond } };

  function costsAt(loss: number, by: Cost): { grown: number; scratch: number } | null {
    const [ours, theirs] = [costAtLoss(heldOutCurve(grown, by), loss), costAtLoss(heldOutCurve(scratch, by), loss)];
    return ours === null || theirs === null ? null : { grown: ours, scratch: theirs };
  }
}

/**
 * The run's headline: its first grown arm against its first arm without growth.
 * @param arms the arms that have started
 * @param planned how many arms the run has in all
 */
export function judge(arms: readonly Arm[], planned: number): Judgement {
  const grown = arms.find((arm) => arm.growths.length > 0);
  const scratch = arms.find((arm) => !arm.grows);
  if (grown !== undefined && scratch !== undefined) return compare(grown, scratch);
  return { verdict: null, why: whyNone(arms, arms.length < planned) };
}

function whyNone(arms: readonly Arm[], moreToCome: boolean): string {
  if (arms.some((arm) => arm.growths.length > 0)) {
    return moreToCome
      ? "The arm that trains from scratch has not started."
      : "This run has no arm that trains from scratch to compare with.";
  }
  if (arms.some((arm) => arm.grows)) return "The base is still training; no model has grown.";
  return moreToCome ? "No arm that grows has started." : "No model grows in this run.";
}
