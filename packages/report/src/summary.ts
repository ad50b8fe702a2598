// The result of a run as data: what the report's table shows, for a terminal or a script.

import type { RunRecord } from "@cambium/run-format/node";
import { bestLoss } from "@cambium/scaling";
import { type Arm, type Cost, heldOutCurve, layOut } from "./arms.js";
import { type ArmEvaluation, evaluationOf } from "./evaluation.js";
import { compare, judge } from "./verdict.js";

export interface ArmSummary {
  readonly name: string;
  /** Every stage is done. */
  readonly done: boolean;
  /** Of the arm's last stage begun. */
  readonly layers: number;
  readonly parameters: number;
  readonly nonEmbeddingParameters: number;
  /** Spent so far by all stages, base included: FLOPs, tokens, wall seconds. */
  readonly spent: Readonly<Record<Cost, number>>;
  /** Nats per token; null before the first measurement. */
  readonly finalHeldOutLoss: number | null;
  readonly lowestHeldOutLoss: number | null;
  /** At equal held-out loss over the arm trained from scratch, a ratio; null for that arm and where none can be stated. */
  readonly speedup: number | null;
  /** What its final model did on the recipe's tasks. */
  readonly evaluation: ArmEvaluation | null;
}

export interface RunSummary {
  readonly name: string;
  readonly state: "running" | "done";
  /** Arms that have begun. */
  readonly arms: readonly ArmSummary[];
  /** The arms of the headline and what each spent to reach `loss`, the lowest held-out loss both reach. */
  readonly comparison: {
    readonly grown: string;
    readonly scratch: string;
    readonly loss: number;
    readonly speedup: number;
    readonly cost: Readonly<Record<Cost, { readonly grown: number; readonly scratch: number } | null>>;
  } | null;
  /** Why there is no comparison, in a sentence. */
  readonly why: string | null;
}

export function summarize(run: RunRecord): RunSummary {
  const arms = layOut(run);
  const judgement = judge(arms, run.manifest.arms.length);
  const { name, state } = run.manifest;
  const scratch = arms.find((arm) => !arm.grows);
  const summary = { name, state, arms: arms.map((arm) => summarizeArm(arm, scratch)) };
  if (judgement.verdict === null) return { ...summary, comparison: null, why: judgement.why };
  const { verdict } = judgement;
  return {
    ...summary,
    comparison: { ...verdict, grown: verdict.grown.name, scratch: verdict.scratch.name },
    why: null,
  };
}

/** @param scratch the arm to compare with, where the run has one. */
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
    finalHeldOutLoss: heldOut.at(-1)?.loss ?? null,
    lowestHeldOutLoss: bestLoss(heldOut),
    speedup: verdict?.speedup ?? null,
    evaluation: evaluationOf(arm),
  };
}
