// What a run tells whoever watches it: the CLI's progress line, a test, nobody.
import type { Progress as DataProgress } from "@cambium/data/node";
import type { Reason } from "@cambium/ir";
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
  /** What follows is of this seed, of those of the recipe; told where there are several. */
  onSeed?(seed: number, seeds: readonly number[]): void;
  /** What will run, in order, but for the stages in `done` (by id); again when a stage with an open end has ended, which decides what comes after it. */
  onPlan?(arms: readonly ArmPlan[], done: ReadonlySet<string>): void;
  /** Files of the corpus that are not read, as they are not text. */
  onPassedOver?(corpus: string, names: readonly string[]): void;
  /** Text is being read and tokenized. */
  onData?(progress: DataProgress): void;
  /** Where the backend is left to measurement: it is measured, unless it was before. */
  onMeasured?(backend: string): void;
  /** The backend that was chosen, and what from; from nothing where the run began with it. */
  onBackend?(backend: string, measured: readonly (Speed | Unmeasured)[]): void;
  onDevice?(description: string): void;
  /** The device was lost; the run goes on from its last snapshot on a new one. */
  onDeviceLost?(reason: string): void;
  /** A stage is taken from an earlier run. */
  onCached?(stage: PlannedStage): void;
  /** A stage is not the one that stood in its place when the run was last planned: it begins anew, or goes on from that. */
  onChanged?(stage: PlannedStage, earlier: EarlierStage): void;
  /** A stage begins, or goes on after `step` steps. */
  onStage?(stage: PlannedStage, step: number): void;
  /** So that the stage's steps fit into `train.memory`, they do a share of their matrix work twice. */
  onRecomputed?(stage: PlannedStage, share: number): void;
  /** What the stage's growth needs is being found: `done` of `total` batches so far. */
  onFind?(stage: PlannedStage, done: number, total: number): void;
  onGrowth?(stage: PlannedStage, cost: SwitchSeconds): void;
  onMetrics?(stage: PlannedStage, row: MetricsRow): void;
  onSnapshot?(stage: PlannedStage, step: number): void;
  /** A growth was tried from `stage`, and what came of it. */
  onProbe?(stage: PlannedStage, probe: ProbeRecord): void;
  /** A snapshot that could not be used; an older one is. */
  onRejectedSnapshot?(stage: PlannedStage, reasons: readonly Reason[]): void;
  /** @param slope why it ended when it did, where a slope decides */
  onStageDone?(stage: PlannedStage, slope?: StageManifest["slope"]): void;
  /** The final model of a stage is asked a task's questions. */
  onEvaluation?(stage: PlannedStage, progress: EvaluationProgress): void;
}
