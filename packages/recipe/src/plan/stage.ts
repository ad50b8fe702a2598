// A stage as it is planned: a model, how its weights begin, and how long and how it trains.
import type { GrowthPlan } from "@cambium/growth";
import type { ModelSpec } from "@cambium/model";
import type { OptimizerOptions, ScheduleOptions } from "@cambium/train";
import type { GrowthStep } from "../schema.js";

export interface StagePlan {
  readonly id: string;
  /** `base`, `stage-2` …, `target`; `scratch`. */
  readonly name: string;
  readonly model: ModelSpec;
  /** Training tokens, a whole number of optimizer steps. */
  readonly tokens: number;
  /** Training FLOPs the stage will take, matrix work. */
  readonly flops: number;
  /** Position in the training stream of the stage's first token: what its arm has read before. */
  readonly dataPosition: number;
  readonly schedule: ScheduleOptions;
  readonly optimizer: OptimizerOptions;
  readonly start:
    | { readonly kind: "init"; readonly seed: string; readonly scheme: "paper" | "hf" }
    | { readonly kind: "checkpoint"; readonly path: string; readonly fingerprint: string }
    | {
        readonly kind: "growth";
        readonly from: StagePlan;
        readonly growth: GrowthPlan;
        readonly moments: GrowthStep["moments"];
      };
}

export interface ArmPlan {
  /** `grown`, `scratch`, `base` where nothing grows, or a variant's operator. */
  readonly name: string;
  readonly stages: readonly StagePlan[];
}
