// Trains one stage in processes of torchrun. The driver keeps its own checkpoints in the stage's folder. Each is taken
// into the run as a snapshot, even one written after the process that started the driver was killed.
import { join } from "node:path";
import {
  EngineProcess,
  type EngineRow,
  type EngineSession,
  StageFolder,
  type StagePlace,
  savedFolder,
  stepsOf,
  type TrainJob,
  type TrainOutcome,
} from "@cambium/engine";
import { readTextFileIfThere, writeFileAtomic } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { TrainingState } from "@cambium/model";
import type { PlannedStage } from "@cambium/recipe";
import type { Progress } from "@cambium/train";
import { type DriverError, failureOf } from "./failure.js";
import { clusterLaunch, localCommand, writeJob } from "./job.js";
import type { TorchOptions } from "./options.js";
import { readRows } from "./rows.js";

/** What a cluster was given to run. While it is there, no process is started here: two would write the same files. */
const handedOver = "cluster.json";

type DriverLine =
  | { readonly process: number }
  | { readonly row: EngineRow }
  | { readonly saved: string; readonly step: number }
  | { readonly error: DriverError };

export class TorchSession implements EngineSession {
  readonly opened = { seconds: 0, ahead: false };
  readonly #files: StageFolder;
  #process: EngineProcess | undefined;

  constructor(
    private readonly plan: PlannedStage,
    private readonly place: StagePlace,
    private readonly python: string,
    private readonly options: TorchOptions,
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
    const { snapshotSeconds, latest } = job;
    await this.#files.begin(job);
    await writeJob({ stage: plan.stage, place, options, snapshotSeconds, steps: stepsOf(plan.stage, latest) });
    let progress = await this.#files.takeIn(job, job.from, await readRows(join(place.folder, "metrics.jsonl")));
    if (progress.tokens < latest && job.handOver) {
      const launch = clusterLaunch(plan.id, this.python, place.folder, options);
      await writeFileAtomic(join(place.folder, handedOver), `${JSON.stringify(launch)}\n`);
      job.handOver(launch);
      return { reason: "interrupted" };
    }
    if (progress.tokens < latest) {
      const outcome = await this.#run(job, progress);
      if (outcome === "interrupted") return { reason: "interrupted" };
      progress = outcome;
    }
    return { reason: "done", progress, state: await this.state() };
  }

  async dispose(): Promise<void> {
    await this.#process?.stop();
  }

  /** @throws CambiumError `E_ENGINE_CLUSTER` if a cluster has to finish the stage, or may still be at it */
  async #requireHere({ step }: Progress): Promise<void> {
    const where = `stage "${this.plan.stage.name}"`;
    const path = join(this.place.folder, handedOver);
    if ((await readTextFileIfThere(path)) !== undefined) {
      throw new CambiumError("E_ENGINE_CLUSTER", "this stage was handed to a cluster, which has not finished it", {
        ...{ where, got: `${step} of ${stepsOf(this.plan.stage, this.plan.tokens)} steps` },
        hint: `wait for the job, or submit it again; to train here instead, end the job and remove ${path}`,
      });
    }
    if (this.options.nodes === 1) return;
    throw new CambiumError("E_ENGINE_CLUSTER", "the engine torch starts processes only on this machine", {
      ...{ where, got: `${this.options.nodes} nodes` },
      hint: "cambium launch RECIPE --engine torch --nodes N --print slurm, or --print k8s, writes the job for a cluster",
    });
  }

  async #run(job: TrainJob, from: Progress): Promise<Progress | "interrupted"> {
    const { signal, saveRequests } = job;
    if (signal?.aborted) return "interrupted";
    await this.#requireHere(from);
    const started = new EngineProcess(localCommand(this.python, this.place.folder, this.options));
    this.#process = started;
    let [progress, answered] = [from, saveRequests?.() ?? 0];
    let error: DriverError | undefined;
    // Before the first step there is nothing to save, so the driver is ended.
    const stop = () => (progress === from ? void started.stop() : started.send("stop"));
    signal?.addEventListener("abort", stop, { once: true });
    try {
      for await (const text of started.lines()) {
        const line = lineOf(text);
        if (!line) continue;
        if ("process" in line) started.add(line.process);
        if ("error" in line) error = moreTelling(error, line.error);
        if ("saved" in line) await this.#files.save(job, join(this.place.folder, savedFolder, line.saved), progress);
        if (!("row" in line)) continue;
        progress = await this.#files.tell(job, progress, line.row);
        if (signal?.aborted) started.send("stop");
        const asked = saveRequests?.() ?? 0;
        if (asked > answered) started.send("save");
        answered = asked;
      }
      const end = await started.ended();
      if (signal?.aborted) return "interrupted";
      if (end.status === 0 && progress.tokens >= job.latest) return progress;
      throw failureOf(error, end, started.failure, {
        python: this.python,
        options: this.options,
        stage: this.plan.stage.name,
      });
    } finally {
      signal?.removeEventListener("abort", stop);
      await started.stop();
    }
  }
}

/** Parses a line of the driver; undefined for output of libraries. */
function lineOf(text: string): DriverLine | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as DriverLine;
  } catch {
    return undefined;
  }
}

/** If one process fails, the others lose their connection to it and report that; keeps the cause. */
function moreTelling(first: DriverError | undefined, next: DriverError): DriverError {
  const isTyped = ({ code }: DriverError) => /^[a-z]/.test(code);
  return first && (isTyped(first) || !isTyped(next)) ? first : next;
}
