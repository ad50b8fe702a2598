// The engine contract. An engine trains whole stages: in this process, in others, or on other machines.
//
// Before a run writes anything, it calls `prepare` for each engine of the recipe, then `refusals` for every stage. For
// each stage in turn it calls `open`, then `load` or `adopt` with the state to start or continue from, and `train`,
// which returns the stage's final state.
import type { DeviceTensor, Engaged } from "@cambium/backend";
import type { PreparedData } from "@cambium/data/node";
import type { Reason } from "@cambium/ir";
import type { DeviceTrainingState, TrainingState } from "@cambium/model";
import type { EngineOptions, PlannedStage, Stage } from "@cambium/recipe";
import type { MetricsRow, Precision, Progress } from "@cambium/train";
import type { ClusterLaunch } from "./cluster/launch.js";

/** Major version of this contract. */
export const engineContractVersion = 1;

/** The default export of an engine's package, made by `defineEngine`. */
export interface Engine {
  readonly contract: number;
  readonly name: string;
  readonly version: string;
  /** One line: what trains and where. */
  readonly summary: string;
  /**
   * Checks a recipe's options, and that the engine can run here. It starts nothing and writes nothing.
   * @throws CambiumError `E_ENGINE_OPTIONS` with every wrong option, `E_ENGINE_MISSING` with the exact fix
   */
  prepare(options: EngineOptions): Promise<PreparedEngine>;
  /**
   * The files that would be written and the commands that would be started for a stage, for people to read; absent if
   * there are none.
   * @throws CambiumError `E_ENGINE_OPTIONS`
   */
  outline?(planned: PlannedStage, place: OutlinePlace): Outline;
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
  /** The content of a text file, or the command. */
  readonly text?: string;
  readonly bytes?: number;
}

export interface PreparedEngine {
  /** Everything about the engine that decides bits, as part of a stage's identity: versions, processes, device. */
  readonly device: string;
  /** What it computes with, as far as it tells. Benchmarks state it beside each figure. */
  readonly engaged?: Partial<Engaged> & {
    /** Of the matrix products, if an option of the engine decides it and not the stage. */
    readonly precision?: Precision;
  };
  /** What of `stage` the engine cannot do; empty if it can train it. */
  refusals(stage: Stage): readonly Reason[];
  /** @param at tokens of the stage that are already trained on */
  open(planned: PlannedStage, at: number, place: StagePlace): Promise<EngineSession>;
}

export interface StagePlace {
  /** The engine's own folder for the stage. It survives kills and is removed once the stage is done. */
  readonly folder: string;
  readonly data: PreparedData;
  /** The parameters of the stage's teacher, if it has one (`Stage.distill`). */
  readonly teacher?: TrainingState["parameters"] | undefined;
  /** config.json of the checkpoint that the run started from: its further keys are kept. */
  readonly config: object | undefined;
}

/** The training of one stage. Disposing it frees everything and leaves no process behind. */
export interface EngineSession {
  /**
   * Seconds that opening took, whether that happened ahead of the stage, and the share of a step's matrix work that is
   * recomputed to save memory.
   */
  readonly opened: { readonly seconds: number; readonly ahead: boolean; readonly recomputed?: number };
  /** Sets the state to start or continue from. @throws CambiumError `E_STATE` */
  load(state: TrainingState): Promise<void>;
  /** `load` for a state on the run's device, which the session then owns; absent if the engine cannot use it. */
  adopt?(state: DeviceTrainingState): Promise<void>;
  /**
   * Trains to the end of the stage, or until `job.signal` is aborted; then everything up to the last row is saved.
   * @throws CambiumError `E_DIVERGED`, `E_ENGINE_FAILED` …; earlier snapshots stay
   */
  train(job: TrainJob): Promise<TrainOutcome>;
  /** The loaded state, of a session that has not trained. */
  state(): Promise<TrainingState>;
  /** The parameters, if they are on the run's device. */
  readonly parameters?: Readonly<Record<string, DeviceTensor>>;
  /** Hands the state to the stage that grows from this one, if that is possible without files. */
  leave?(): Promise<void>;
  dispose(): Promise<void>;
}

/** What a session trains, and its callbacks. */
export interface TrainJob {
  readonly from: Progress;
  /** Tokens of the stage after which it ends or pauses at the latest; a whole number of steps. */
  readonly latest: number;
  /** Called after each row with a held-out loss: whether the stage ends there. */
  ends(): boolean;
  /** Wall seconds between snapshots. */
  readonly snapshotSeconds: number;
  /** How many extra snapshots have been requested so far. */
  readonly saveRequests: (() => number) | undefined;
  readonly signal: AbortSignal | undefined;
  /** Called once per step, in order. */
  onMetrics(row: MetricsRow): Promise<void>;
  /** Makes `state` the stage's snapshot at `progress`. All rows up to there must have been reported before. */
  save(state: TrainingState, progress: Progress): Promise<void>;
  /** The stage that grows from this one right after it, if the same engine trains it. */
  readonly next: PlannedStage | undefined;
  /**
   * If given, nothing is started: the session writes its files, calls this with what a cluster has to run, and `train`
   * returns "interrupted".
   */
  readonly handOver: ((launch: ClusterLaunch) => void) | undefined;
}

export type TrainOutcome =
  | { readonly reason: "interrupted" }
  | { readonly reason: "done"; readonly progress: Progress; readonly state: TrainingState };
