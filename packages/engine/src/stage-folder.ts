// The folder of a stage that another program trains: the start checkpoint, the checkpoints it saves, and how these get
// into the run, also if the process that started the program was killed meanwhile.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { withFileErrors } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { TrainingState } from "@cambium/model";
import { costOf, type PlannedStage } from "@cambium/recipe";
import type { MetricsRow, Progress } from "@cambium/train";
import { readCheckpoint, readPlace, writeCheckpoint } from "./checkpoint-files.js";
import type { StagePlace, TrainJob } from "./contract.js";
import { stepTokens } from "./stage-data.js";

/** A metrics row from another program, without FLOPs, which are counted here. */
export type EngineRow = Omit<MetricsRow, "flops">;

/** The checkpoint folders: the one that the program starts from, and in `saved` one for each saved step. */
export const startFolder = "start";
export const savedFolder = "saved";

export class StageFolder {
  #state: TrainingState | undefined;

  constructor(
    private readonly plan: PlannedStage,
    private readonly place: StagePlace,
  ) {}

  /** Sets the state to start from. */
  load(state: TrainingState): void {
    this.#state = state;
  }

  async state(): Promise<TrainingState> {
    const newest = this.#state ? undefined : await this.newest();
    if (newest) this.#state = await readCheckpoint(newest.path, this.plan.stage.model);
    return this.#state as TrainingState;
  }

  /** Writes the start checkpoint, unless one at least as far exists. */
  async begin({ from }: TrainJob): Promise<void> {
    const newest = await this.newest();
    if (newest && newest.step >= from.step) return;
    const at = { step: from.step, tokens: from.tokens, seconds: from.seconds };
    const { model } = this.plan.stage;
    const path = join(this.place.folder, startFolder);
    await writeCheckpoint(path, { model, state: await this.state(), at, config: this.place.config });
    // The state is on disk now, so it need not stay in memory while the program trains.
    this.#state = undefined;
  }

  /**
   * Copies what was saved after `from` into the run: rows first, then the state.
   * @throws CambiumError `E_ENGINE_RESULT` if the rows end before the state: it would count as an earlier step's
   */
  async takeIn(job: TrainJob, from: Progress, rows: readonly EngineRow[]): Promise<Progress> {
    const newest = await this.newest();
    if (!newest || newest.step <= from.step) return from;
    const last = rows.findLast(({ step }) => step <= newest.step)?.step ?? 0;
    if (last < newest.step) {
      throw new CambiumError("E_ENGINE_RESULT", "the metrics of a checkpoint are missing", {
        where: newest.path,
        expected: `a row for step ${newest.step}`,
        got: last === 0 ? "no rows" : `rows up to step ${last}`,
        hint: `bring back the rows or logs in ${this.place.folder}, or remove this folder to train the stage again`,
      });
    }
    let progress = from;
    for (const row of rows) {
      if (row.step > from.step && row.step <= newest.step) progress = await this.tell(job, progress, row);
    }
    return this.save(job, newest.path, progress);
  }

  async tell({ onMetrics }: TrainJob, before: Progress, row: EngineRow): Promise<Progress> {
    const { stage } = this.plan;
    const perStep = costOf(stage).flops(stepTokens(stage));
    const progress = {
      ...{ step: row.step, tokens: row.tokens, seconds: row.seconds },
      flops: before.flops + perStep * (row.step - before.step),
    };
    await onMetrics({ ...row, ...progress });
    return progress;
  }

  /**
   * Makes the checkpoint at `path` the run's snapshot. If the program has meanwhile replaced it by a newer one, this
   * does nothing, and the newer one becomes the snapshot in its turn.
   */
  async save(job: TrainJob, path: string, progress: Progress): Promise<Progress> {
    try {
      this.#state = await readCheckpoint(path, this.plan.stage.model);
    } catch (error) {
      const newest = await this.newest();
      if (newest && newest.step > progress.step) return progress;
      throw error;
    }
    await job.save(this.#state, progress);
    return progress;
  }

  /** The newest complete checkpoint, including the start checkpoint. */
  async newest(): Promise<{ readonly path: string; readonly step: number } | undefined> {
    const { folder } = this.place;
    const saved = await stepFolders(join(folder, savedFolder));
    const paths = [join(folder, startFolder), ...saved.map((name) => join(folder, savedFolder, name))];
    let newest: { path: string; step: number } | undefined;
    for (const path of paths) {
      const place = await readPlace(path);
      if (place && place.step >= (newest?.step ?? 0)) newest = { path, step: place.step };
    }
    return newest;
  }
}

/** Folders named `step-NUMBER` in `folder`, in order; none if it does not exist. */
export async function stepFolders(folder: string): Promise<string[]> {
  const names = await withFileErrors(folder, () => readdir(folder).catch(absent));
  return names.filter((name) => /^step-\d+$/.test(name)).sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)));
}

function absent(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}
