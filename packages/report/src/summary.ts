// The result of a run as data, for a terminal or a script: the figures of the report's table.

import type { RunRecord } from "@cambium/run-format/node";
import { type ArmSummary, summarizeArm } from "./arm-summary.js";
import { type Cost, layOut } from "./arms.js";
import { type OverSeeds, overSeeds } from "./seeds.js";
import { judge } from "./verdict.js";

export interface RunSummary {
  readonly name: string;
  readonly state: "running" | "done";
  /** Arms that have started; with several seeds, those of the first. */
  readonly arms: readonly ArmSummary[];
  /** The headline's arms, and what each spent to reach `loss`, the lowest held-out loss that both reach. */
  readonly comparison: {
    readonly grown: string;
    readonly scratch: string;
    readonly loss: number;
    readonly speedup: number;
    readonly cost: Readonly<Record<Cost, { readonly grown: number; readonly scratch: number } | null>>;
    /** The arm that took longer to `loss` and yet went on to a lower one; null if the faster one did. */
    readonly beyond: { readonly arm: string; readonly loss: number } | null;
  } | null;
  /** Why there is no comparison, in a sentence. */
  readonly why: string | null;
  /** Statistics over the recipe's seeds; null for one seed. */
  readonly seeds: OverSeeds | null;
}

export function summarize(run: RunRecord): RunSummary {
  const arms = layOut(run);
  const judgement = judge(arms, run.manifest.arms.length);
  const { name, state } = run.manifest;
  const scratch = arms.find((arm) => !arm.grows);
  const seeds = overSeeds(run);
  const summary = {
    name,
    state: seeds?.running ? "running" : state,
    arms: arms.map((arm) => summarizeArm(arm, scratch)),
    seeds,
  } as const;
  if (judgement.verdict === null) return { ...summary, comparison: null, why: judgement.why };
  const { verdict } = judgement;
  return {
    ...summary,
    comparison: {
      ...{ ...verdict, grown: verdict.grown.name, scratch: verdict.scratch.name },
      beyond: verdict.beyond && { ...verdict.beyond, arm: verdict.beyond.arm.name },
    },
    why: null,
  };
}
