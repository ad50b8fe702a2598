// The engine contract. An engine trains whole stages: in this process, in others, or on other machines.
//
// In a run: `prepare` is called for each engine of the recipe before anything is written, then for every stage `refusals`.
// When a stage's turn comes: `open`, `load` or `adopt` with the state it begins or goes on with, and `train`, which returns
// the state that is the stage's result.
import type { DeviceTensor } from "@cambium/backend";
import type { PreparedData } from "@cambium/data/node";
import type { Reason } from "@cambium/ir";
import type { DeviceTrainingState, TrainingState } from "@cambium/model";
import type { EngineOptions, PlannedStage, Stage } from "@cambium/recipe";
import type { MetricsRow, Progress } from "@cambium/train";
import type { ClusterLaunch } from "./cluster/launch.js";

/** Major version of this contract. */
export const engineContractVersion = 1;

/** The default export of an engine's package, made by `defineEngine`. */
export interface Engine {
  readonly contract: number;
  readonly name: string;
  readonly version: string;
  /** One line: what trains, and where. */
  readonly summary: string;
  /**
   * Checks the options that a recipe gives, and that the engine can start here. It starts nothing and writes nothing.
   * @throws CambiumError `E_ENGINE_OPTIONS` with every option that is wrong, `E_ENGINE_MISSING` with the exact fix.
   */
  prepare(options: EngineOptions): Promise<PreparedEngine>;
  /**
   * What would be written for a stage and started, for a person to read; absent where nothing is.
   * @throws CambiumError `E_ENGINE_OPTIONS`.
   */
  outline?(plan: PlannedStage, place: OutlinePlace): Outline;
}

export interface OutlinePlace {
  /** See `StagePlace.folder`. */
  readonly folder: string;
  readonly snapshotSeconds: number;
}

export interface Outline {
  readonly refusals: readonly Reason[];
  readonly parts: readonly OutlinePart[];
}

/** A file or a command. */
export interface OutlinePart {
  readonly name: string;
  /** Of a file that a person can read, and of a command. */
  readonly text?: string;
  readonly bytes?: number;
}

export interface PreparedEngine {
  /** Everything of the engine that decides bits: name and versions, processes, kind of device. Part of a stage's identity. */
  readonly device: string;
  /** What the engine cannot do of `stage`; empty where it can train it. */
  refusals(stage: Stage): readonly Reason[];
  /** @param at tokens of the stage that were read before */
  open(plan: PlannedStage, at: number, place: StagePlace): Promise<EngineSession>;
}

export interface StagePlace {
  /** A folder of the stage that the engine has for itself; it stays until the stage is done, over kills. */
  readonly folder: string;
  readonly data: PreparedData;
  /** The parameters of the stage's teacher, where it has one (`Stage.distill`). */
  readonly teacher?: TrainingState["parameters"] | undefined;
  /** config.json of the checkpoint that the run began with: its further keys are kept. */
  readonly config: object | undefined;
}

/** One stage at work. Disposing it frees everything and leaves no process behind. */
export interface EngineSession {
  /** What getting ready took, and the share of a step's matrix work that is done a second time to save memory. */
  readonly opened: { readonly seconds: number; readonly ahead: boolean; readonly recomputed?: number };
  /** Takes the state to begin with, or to go on with. @throws CambiumError `E_STATE`. */
  load(state: TrainingState): Promise<void>;
  /** The same for a state that is on the run's device, and is the session's from then on; absent where that is of no use. */
  adopt?(state: DeviceTrainingState): Promise<void>;
  /**
   * Trains to the end of the stage, or until `job.signal`, with everything saved up to the last row.
   * @throws CambiumError `E_DIVERGED`, `E_ENGINE_FAILED` …; what was saved before stays.
   */
  train(job: TrainJob): Promise<TrainOutcome>;
  /** The state, where it was loaded and did not train. */
  state(): Promise<TrainingState>;
  /** Parameters on the run's device, where they are there. */
  readonly parameters?: Readonly<Record<string, DeviceTensor>>;
  /** Leaves the state to the stage that grows from this one, where that is possible without files. */
  leave?(): Promise<void>;
  dispose(): Promise<void>;
}

/** What a session trains: from where, to where, and whom it tells. */
export interface TrainJob {
  readonly from: Progress;
  /** Tokens of the stage after which it ends or pauses in any case; a whole number of steps. */
  readonly latest: number;
  /** Asked after each row with a held-out loss: whether the stage ends with it. */
  ends(): boolean;
  /** Wall seconds between snapshots. */
  readonly snapshotSeconds: number;
  /** How many snapshots were asked for so far, besides those in time. */
  readonly saveRequests: (() => number) | undefined;
  readonly signal: AbortSignal | undefined;
  /** Once for every step, in order. */
  onMetrics(row: MetricsRow): Promise<void>;
  /** Makes `state` the snapshot of the stage after `progress`, whose rows were all told before. */
  save(state: TrainingState, progress: Progress): Promise<void>;
  /** The stage that grows from this one right after it, where the same engine trains it. */
  readonly next: PlannedStage | undefined;
  /**
   * Where this is given, nothing is started: the session writes its files, tells how a cluster does the rest, and its train
   * ends as interrupted.
   */
  readonly handOver: ((launch: ClusterLaunch) => void) | undefined;
}

export type TrainOutcome =
  | { readonly reason: "interrupted" }
  | { readonly reason: "done"; readonly progress: Progress; readonly state: TrainingState };
