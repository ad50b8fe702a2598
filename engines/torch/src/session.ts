// One stage at work in processes of torchrun. The driver keeps its own checkpoints in the stage's folder; each is taken into
// the run as a snapshot, also one that was written after whoever started it was killed.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  EngineProcess,
  type EngineSession,
  readCheckpoint,
  readPlace,
  type StagePlace,
  stepTokens,
  type TrainJob,
  type TrainOutcome,
  writeCheckpoint,
} from "@cambium/engine";
import { CambiumError } from "@cambium/ir";
import type { TrainingState } from "@cambium/model";
import type { PlannedStage } from "@cambium/recipe";
import { tokenFlops } from "@cambium/scaling/flops";
import type { MetricsRow, Progress } from "@cambium/train";
import { type DriverError, failureOf } from "./failure.js";
import { clusterLaunch, localCommand, stepsOf, writeJob } from "./job.js";
import type { TorchOptions } from "./options.js";
import { readRows } from "./rows.js";

type DriverLine =
  | { readonly process: number }
  | { readonly row: DriverRow }
  | { readonly saved: string; readonly step: number }
  | { readonly error: DriverError };

type DriverRow = Omit<MetricsRow, "flops">;

export class TorchSession implements EngineSession {
  readonly opened = { seconds: 0, ahead: false };
  #state: TrainingState | undefined;
  #process: EngineProcess | undefined;

  constructor(
    private readonly plan: PlannedStage,
    private readonly place: StagePlace,
    private readonly python: string,
    private readonly options: TorchOptions,
  ) {}

  async load(state: TrainingState): Promise<void> {
    this.#state = state;
  }

  async state(): Promise<TrainingState> {
    return this.#state as TrainingState;
  }

  async train(job: TrainJob): Promise<TrainOutcome> {
    await this.#writeFiles(job);
    let progress = await this.#takeIn(job, job.from);
    if (progress.tokens < job.latest && job.handOver) {
      job.handOver(clusterLaunch(this.plan.id, this.python, this.place.folder, this.options));
      return { reason: "interrupted" };
    }
    if (progress.tokens < job.latest) {
      const outcome = await this.#run(job, progress);
      if (outcome === "interrupted") return { reason: "interrupted" };
      progress = outcome;
    }
    return { reason: "done", progress, state: await this.state() };
  }

  async dispose(): Promise<void> {
    await this.#process?.stop();
  }

  async #writeFiles({ from, snapshotSeconds, latest }: TrainJob): Promise<void> {
    const { stage } = this.plan;
    const { place, options } = this;
    const newest = await newestCheckpoint(place.folder);
    await writeJob({ stage, place, options, snapshotSeconds, steps: stepsOf(stage, latest) });
    if (newest && newest.step >= from.step) return;
    const at = { step: from.step, tokens: from.tokens, seconds: from.seconds };
    const state = await this.state();
    await writeCheckpoint(join(place.folder, "start"), { model: stage.model, state, at, config: place.config });
    // The state is on disk; while others compute with it, it need not be here too.
    this.#state = undefined;
  }

  /** Takes what the driver saved after `from` into the run: rows, then the state. */
  async #takeIn(job: TrainJob, from: Progress): Promise<Progress> {
    const newest = await newestCheckpoint(this.place.folder);
    if (!newest || newest.step <= from.step) {
      if (newest) this.#state ??= await readCheckpoint(newest.path, this.plan.stage.model);
      return from;
    }
    let progress = from;
    for (const row of await readRows(join(this.place.folder, "metrics.jsonl"))) {
      if (row.step > from.step && row.step <= newest.step) progress = await this.#tell(job, progress, row);
    }
    return this.#save(job, newest.path, progress);
  }

  async #tell({ onMetrics }: TrainJob, before: Progress, row: DriverRow): Promise<Progress> {
    const { stage } = this.plan;
    const perStep = stepTokens(stage) * tokenFlops(stage.model, stage.context);
    const progress = {
      ...{ step: row.step, tokens: row.tokens, seconds: row.seconds },
      flops: before.flops + perStep * (row.step - before.step),
    };
    await onMetrics({ ...row, ...progress });
    return progress;
  }

  async #save(job: TrainJob, path: string, progress: Progress): Promise<Progress> {
    this.#state = await readCheckpoint(path, this.plan.stage.model);
    await job.save(this.#state, progress);
    return progress;
  }

  async #run(job: TrainJob, from: Progress): Promise<Progress | "interrupted"> {
    const { signal, saveRequests } = job;
    if (signal?.aborted) return "interrupted";
    if (this.options.nodes > 1) {
      throw new CambiumError("E_ENGINE_CLUSTER", "the engine torch starts processes on this machine alone", {
        where: `stage "${this.plan.stage.name}"`,
        got: `${this.options.nodes} nodes, and a stage that no cluster has finished`,
        hint: "cambium launch RECIPE --print slurm, or --print k8s, writes the job for a cluster",
      });
    }
    const started = new EngineProcess(localCommand(this.python, this.place.folder, this.options));
    this.#process = started;
    let [progress, answered] = [from, saveRequests?.() ?? 0];
    let error: DriverError | undefined;
    // Before the first step there is nothing to save.
    const stop = () => (progress === from ? void started.stop() : started.send("stop"));
    signal?.addEventListener("abort", stop, { once: true });
    try {
      for await (const text of started.lines()) {
        const line = lineOf(text);
        if (!line) continue;
        if ("process" in line) started.add(line.process);
        if ("error" in line) error = moreTelling(error, line.error);
        if ("saved" in line) await this.#save(job, join(this.place.folder, "saved", line.saved), progress);
        if (!("row" in line)) continue;
        progress = await this.#tell(job, progress, line.row);
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

/** A line of the driver; undefined for what libraries print. */
function lineOf(text: string): DriverLine | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as DriverLine;
  } catch {
    return undefined;
  }
}

/** When one process fails, the others lose their connection to it and say so. */
function moreTelling(first: DriverError | undefined, next: DriverError): DriverError {
  const isTyped = ({ code }: DriverError) => /^[a-z]/.test(code);
  return first && (isTyped(first) || !isTyped(next)) ? first : next;
}

/** The newest whole checkpoint of the driver, the one it begins with included. */
async function newestCheckpoint(folder: string): Promise<{ path: string; step: number } | undefined> {
  const names = await readdir(join(folder, "saved")).catch(() => []);
  const paths = [
    join(folder, "start"),
    ...names.filter((name) => /^step-\d+$/.test(name)).map((name) => join(folder, "saved", name)),
  ];
  let newest: { path: string; step: number } | undefined;
  for (const path of paths) {
    const place = await readPlace(path);
    if (place && place.step >= (newest?.step ?? 0)) newest = { path, step: place.step };
  }
  return newest;
}
