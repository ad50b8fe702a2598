// One stage that torchtitan trains on a cluster: writes its files, and takes what torchtitan has saved into the run.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  type EngineSession,
  StageFolder,
  type StagePlace,
  savedFolder,
  stepFolders,
  stepsOf,
  type TrainJob,
  type TrainOutcome,
} from "@cambium/engine";
import { CambiumError } from "@cambium/ir";
import type { TrainingState } from "@cambium/model";
import type { PlannedStage } from "@cambium/recipe";
import { clusterLaunch, convertCommand, scheduledRates, writeJob } from "./job.js";
import { readLogs, rowsOf } from "./log.js";
import { anotherPython, dataRanks, type TitanOptions } from "./options.js";

const run = promisify(execFile);

export class TitanSession implements EngineSession {
  readonly opened = { seconds: 0, ahead: false };
  readonly #files: StageFolder;

  constructor(
    private readonly plan: PlannedStage,
    private readonly place: StagePlace,
    private readonly options: TitanOptions,
  ) {
    this.#files = new StageFolder(plan, place);
  }

  async load(state: TrainingState): Promise<void> {
    this.#files.load(state);
  }

  state(): Promise<TrainingState> {
    return this.#files.state();
  }

  async train(job: TrainJob): Promise<TrainOutcome> {
    const { plan, place, options } = this;
    const { stage } = plan;
    const steps = stepsOf(stage, job.latest);
    await this.#files.begin(job);
    await writeJob(stage, options, steps, place);
    await this.#collect();
    const log = await readLogs(join(place.folder, "logs"));
    const rows = rowsOf(log, stage, scheduledRates(stage, steps), dataRanks(options));
    const progress = await this.#files.takeIn(job, job.from, rows);
    if (progress.tokens >= job.latest) return { reason: "done", progress, state: await this.state() };
    if (!job.handOver) {
      throw new CambiumError("E_ENGINE_CLUSTER", "this stage has to be trained by torchtitan on a cluster", {
        where: `stage "${stage.name}"`,
        got: `${progress.step} of ${steps} steps`,
        hint: "cambium launch RECIPE --engine torchtitan --print slurm, or --print k8s, writes the job",
      });
    }
    await this.#convert("to");
    job.handOver(clusterLaunch(plan.id, place.folder, options));
    return { reason: "interrupted" };
  }

  async dispose(): Promise<void> {}

  /** Converts torchtitan's newest checkpoint to one of ours. */
  async #collect(): Promise<void> {
    const { folder } = this.place;
    const theirs = await stepFolders(join(folder, "checkpoint"));
    const ours = await stepFolders(join(folder, savedFolder));
    const newest = theirs.at(-1);
    if (newest !== undefined && !ours.includes(newest)) await this.#convert("from");
  }

  async #convert(way: "to" | "from"): Promise<void> {
    const [python, ...args] = convertCommand(way, this.place.folder, this.options);
    try {
      await run(python, args, { maxBuffer: 64 << 20 });
    } catch (cause) {
      const { code, stderr = "" } = cause as { code?: unknown; stderr?: string };
      const missing = code === "ENOENT" || /No module named/.test(stderr);
      throw new CambiumError(
        missing ? "E_ENGINE_MISSING" : "E_ENGINE_RESULT",
        missing ? "this Python cannot convert checkpoints" : "a checkpoint could not be converted",
        {
          where: python,
          cause,
          got: stderr.trim().split("\n").at(-1) || String(code),
          hint: anotherPython,
        },
      );
    }
  }
}
