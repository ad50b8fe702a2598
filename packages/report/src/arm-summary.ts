// One arm's result as data.
import { bestLoss } from "@cambium/scaling";
import { type Arm, type Cost, heldOutCurve } from "./arms.js";
import { type ArmEvaluation, evaluationOf } from "./evaluation.js";
import { compare } from "./verdict.js";

export interface ArmSummary {
  readonly name: string;
  /** Every stage is done. */
  readonly done: boolean;
  /** Layers of the last started stage; so are the parameters. */
  readonly layers: number;
  readonly parameters: number;
  readonly nonEmbeddingParameters: number;
  /** FLOPs, tokens and wall seconds spent so far by all stages, base included. */
  readonly spent: Readonly<Record<Cost, number>>;
  /** Tokens before the last growth; null if the arm has not grown. */
  readonly baseTokens: number | null;
  /** R_c of the last growth; null if the arm has not grown. */
  readonly connectionRate: number | null;
  /** Nats per token; null before the first measurement. */
  readonly finalHeldOutLoss: number | null;
  readonly lowestHeldOutLoss: number | null;
  /** FLOPs of the from-scratch arm over this arm's at equal held-out loss, minus 1; null for that arm or if unknown. */
  readonly speedup: number | null;
  /** The final model's results on the recipe's tasks. */
  readonly evaluation: ArmEvaluation | null;
}

/** @param scratch the arm to compare with, if the run has one */
export function summarizeArm(arm: Arm, scratch: Arm | undefined): ArmSummary {
  const heldOut = heldOutCurve(arm, "flops");
  const verdict = scratch === undefined || arm.growths.length === 0 ? null : compare(arm, scratch).verdict;
  return {
    name: arm.name,
    done: arm.done,
    layers: arm.target.model.layers,
    parameters: arm.target.parameters,
    nonEmbeddingParameters: arm.target.nonEmbeddingParameters,
    spent: arm.spent,
    connectionRate: arm.growths.at(-1)?.record.connectionRate ?? null,
    baseTokens: arm.growths.at(-1)?.stage.before.tokens ?? null,
    finalHeldOutLoss: heldOut.at(-1)?.loss ?? null,
    lowestHeldOutLoss: bestLoss(heldOut),
    speedup: verdict?.speedup ?? null,
    evaluation: evaluationOf(arm),
  };
}
