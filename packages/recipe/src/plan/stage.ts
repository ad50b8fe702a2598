// A whole stage: everything that decides its weights and metrics and, except for the fields in `notCounted`, nothing
// else. Training it takes the stage, the data, and (for a stage that grows) the final state of its parent.
import type { FindCost } from "@cambium/grow";
import type { GrowthPlan } from "@cambium/growth";
import type { Distillation, ModelSpec, Phase } from "@cambium/model";
import type { ScheduleOptions } from "@cambium/train";
import type { GrowthStep } from "../schema.js";
import type { StageSettings } from "./settings.js";

export interface Stage extends StageSettings {
  /** `base`, `stage-2` …, `target`; `scratch`. */
  readonly name: string;
  readonly model: ModelSpec;
  readonly start: StageStart;
  /** What trains, behind which masks, and at what rates. */
  readonly phase: Phase;
  readonly data: {
    /** Identifies text, tokenizer and split. */
    readonly content: string;
    /** Position of the stage's first token in the training stream: the tokens that its arm has read before. */
    readonly position: number;
  };
  readonly schedule: ScheduleOptions;
  readonly until: Until;
  /** Distillation, if the stage has a teacher. */
  readonly distill?: StageDistillation;
  /** What computes: backend, its version, device; for an engine, everything about it that decides bits. */
  readonly device: string;
  /** What trains the stage, if not the backend in the run's own process. */
  readonly engine?: StageEngine;
}

/** Learning from a teacher, and where its weights are. */
export interface StageDistillation extends Distillation {
  readonly from:
    | { readonly kind: "checkpoint"; readonly path: string; readonly fingerprint: string }
    /** The stage that it grows from, as it then is. */
    | { readonly kind: "parent" };
}

/** An engine as a recipe names it. */
export interface StageEngine {
  readonly name: string;
  /** Of these, only what is part of `Stage.device` decides bits. */
  readonly options: EngineOptions;
}

export type EngineOptions = Readonly<Record<string, string | number | boolean>>;

/** Where the stage's first weights come from. */
export type StageStart =
  | { readonly kind: "init"; readonly seed: string; readonly scheme: "paper" | "hf" }
  | {
      readonly kind: "checkpoint";
      readonly path: string;
      /** Covers configuration, tensor headers, and the sizes and times of the files. */
      readonly fingerprint: string;
    }
  | {
      readonly kind: "growth";
      /** The stage it grows from, and the tokens that stage was trained for, however that was decided. */
      readonly parent: { readonly id: string; readonly tokens: number };
      readonly plan: GrowthPlan;
      readonly moments: GrowthStep["moments"];
      /**
       * Cost of finding the plan's `given` tensors; its tokens lie right before `data.position`. Absent without any.
       */
      readonly find?: FindCost;
      /** Matrix work of the parent's probes that failed, FLOPs; absent without any. */
      readonly probed?: { readonly count: number; readonly flops: number };
    };

/** When the stage ends. */
export type Until =
  /** After so many tokens, a whole number of optimizer steps. */
  { readonly kind: "tokens"; readonly tokens: number } | SlopeRule | ProbeRule;

/**
 * Ends at the first measurement of the held-out loss whose slope is `threshold` or flatter after it was steeper (over
 * ln C a loss is flat at first, too); after `most` tokens at the latest. The slope is dL/d ln C: that of the
 * least-squares line through the last `window` measurements of the loss L against the training FLOPs C of the arm so
 * far (Shen et al. 2022, "Staged Training for Transformer Language Models").
 */
export interface SlopeRule {
  readonly kind: "slope";
  /** Nats per unit of ln C; below 0. */
  readonly threshold: number;
  /** Measurements that the line is fitted to; at least 3. */
  readonly window: number;
  /** Tokens before which it does not end: the stage's masks are open then. */
  readonly least: number;
  readonly most: number;
  /** FLOPs that the arm spent before the stage. */
  readonly flopsBefore: number;
}

/**
 * Ends at the first probe that succeeds; after `most` tokens at the latest. A probe grows the model on trial, from a
 * snapshot, and trains the grown model for `budget` tokens. It succeeds if the grown model's held-out loss is then no
 * higher than predicted for the ungrown model at the same training FLOPs; the grown model then continues from there.
 * Otherwise the stage returns to its snapshot and continues to the next probe. The prediction extrapolates the
 * least-squares line through the last `window` measurements of the loss over ln C (`SlopeRule`).
 */
export interface ProbeRule {
  readonly kind: "probe";
  /** Tokens between probes, a whole number of optimizer steps. */
  readonly every: number;
  /** Tokens before the first probe: the stage's masks are open then, and the loss was measured `window` times. */
  readonly least: number;
  readonly most: number;
  /** Tokens that a probe trains for, a whole number of optimizer steps. */
  readonly budget: number;
  readonly window: number;
  /** FLOPs that the arm spent before the stage. */
  readonly flopsBefore: number;
  /**
   * Identifies everything outside the stage that decides how probes end: the growth, and how the grown model trains.
   */
  readonly trial: string;
}

/** A stage in its place in a run. */
export interface PlannedStage {
  /** The stage's folder: its name, and the first 12 hexadecimal digits of its identity. */
  readonly id: string;
  readonly stage: Stage;
  /** Training tokens, a whole number of optimizer steps; the most it may take while its end is open. */
  readonly tokens: number;
  /** FLOPs of those tokens, matrix work, and of what the stage's growth must find first. */
  readonly flops: number;
  /** Whether the end is decided while the stage runs; later stages are then planned again. */
  readonly open: boolean;
}

export interface ArmPlan {
  /** `grown`, `scratch`, `base` where nothing grows, or a variant's operator. */
  readonly name: string;
  readonly stages: readonly PlannedStage[];
}
