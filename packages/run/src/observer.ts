// The events of a run, for whoever observes it: the CLI's progress line, or a test.
import type { Progress as DataProgress } from "@cambium/data/node";
import type { CambiumError, Reason } from "@cambium/ir";
import type { ArmPlan, PlannedStage } from "@cambium/recipe";
import type { ProbeRecord, StageManifest } from "@cambium/run-format";
import type { MetricsRow, SwitchSeconds } from "@cambium/train";
import type { EarlierStage } from "./earlier-stage.js";
import type { Speed, Unmeasured } from "./recipe-speed.js";

/** Sequences scored. */
export interface EvaluationProgress {
  readonly task: string;
  readonly done: number;
  readonly total: number;
  readonly secondsLeft: number;
}

export interface RunObserver {
  /** The events that follow belong to this one of the recipe's seeds; called only if there are several. */
  onSeed?(seed: number, seeds: readonly number[]): void;
  /**
   * The planned stages, in order; those in `done` (ids) will not run again. Called again once a stage with an open end
   * has ended, which decides the stages after it.
   */
  onPlan?(arms: readonly ArmPlan[], done: ReadonlySet<string>): void;
  /** Files of the corpus that are skipped because they are not text. */
  onPassedOver?(corpus: string, names: readonly string[]): void;
  /** Text is being read and tokenized. */
  onData?(progress: DataProgress): void;
  /** With `backend: auto`, `backend` is measured now; not called for a remembered measurement. */
  onMeasured?(backend: string): void;
  /** The backend that `auto` chose, and the measurements; none if the run already began with it. */
  onBackend?(backend: string, measured: readonly (Speed | Unmeasured)[]): void;
  onDevice?(description: string): void;
  /** The device was lost; the run continues from its last snapshot on a new one. */
  onDeviceLost?(reason: string): void;
  /** A stage is taken from an earlier run. */
  onCached?(planned: PlannedStage): void;
  /**
   * A stage differs from the one in its place when the run was last planned: it starts over, or continues from that.
   */
  onChanged?(planned: PlannedStage, earlier: EarlierStage): void;
  /** A stage begins, or continues after `step` steps. */
  onStage?(planned: PlannedStage, step: number): void;
  /** The stage's steps recompute this share of their matrix work to fit into `train.memory`. */
  onRecomputed?(planned: PlannedStage, share: number): void;
  /** What the stage's growth needs is being found: `done` of `total` batches so far. */
  onFind?(planned: PlannedStage, done: number, total: number): void;
  onGrowth?(planned: PlannedStage, cost: SwitchSeconds): void;
  onMetrics?(planned: PlannedStage, row: MetricsRow): void;
  onSnapshot?(planned: PlannedStage, step: number): void;
  /** A growth was tried from this stage, with this result. */
  onProbe?(planned: PlannedStage, probe: ProbeRecord): void;
  /** A snapshot could not be used; an older one was, if any. */
  onRejectedSnapshot?(planned: PlannedStage, reasons: readonly Reason[]): void;
  /** The stage was done, but its final model is gone or damaged: it goes on from its snapshot, or begins again. */
  onLostModel?(planned: PlannedStage, reason: CambiumError): void;
  /** @param slope why it ended when it did, where a slope decides */
  onStageDone?(planned: PlannedStage, slope?: StageManifest["slope"]): void;
  /** The final model of a stage is being evaluated on a task. */
  onEvaluation?(planned: PlannedStage, progress: EvaluationProgress): void;
}
