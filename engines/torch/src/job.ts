// The job of a stage as files that the driver reads, and the command that starts it.
import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { evaluationBatches } from "@cambium/data";
import {
  type ClusterLaunch,
  meetingPort,
  type ProcessRequest,
  rateTable,
  type StagePlace,
  stepTokens,
  trainedGroups,
  windowTable,
} from "@cambium/engine";
import { withFileErrors, writeFileAtomic } from "@cambium/files";
import type { Stage } from "@cambium/recipe";
import type { TorchOptions } from "./options.js";
import { driver } from "./python.js";

/** Increase it when the meaning of job.json changes. The driver is part of this package, so both change together. */
const jobVersion = 1;

export interface StageJob {
  readonly stage: Stage;
  readonly place: StagePlace;
  readonly options: TorchOptions;
  /** Steps of the whole stage. */
  readonly steps: number;
  readonly snapshotSeconds: number;
}

/** The files that a job reads, and its held-out windows. */
export interface JobData {
  readonly train: string;
  readonly heldOut: string;
  readonly windows: number;
}

/** job.json: everything in the stage that is not a table. */
export function jobJson({ stage, options, steps, snapshotSeconds }: Omit<StageJob, "place">, data: JobData): string {
  const { batch, accumulation, context, optimizer, phase, evaluation } = stage;
  const job = {
    version: jobVersion,
    ...{ steps, batch, accumulation, context, optimizer, snapshotSeconds },
    ...{ nproc: options.nproc * options.nodes, device: options.device, strategy: options.strategy, bf16: options.bf16 },
    frozen: phase.frozen,
    groups: trainedGroups(stage).map(({ parameters, weightDecay, factor }) => ({ parameters, weightDecay, factor })),
    evaluation: { every: evaluation.every, windows: data.windows },
    ...{ train: data.train, heldOut: data.heldOut },
  };
  return `${JSON.stringify(job, null, 2)}\n`;
}

/** The number of held-out windows that a stage needs. */
export function windowsOf({ batch, context, evaluation }: Stage): number {
  return Math.max(batch, Math.floor(evaluation.tokens / context));
}

/**
 * Writes everything but the stage's first checkpoint. Writing it again gives the same files, whatever happened since.
 */
export async function writeJob(job: StageJob): Promise<void> {
  const { stage, place, steps } = job;
  const { batch, context } = stage;
  const { train, heldOut } = place.data;
  const measured = evaluationBatches(heldOut, { batch, context, windows: windowsOf(stage) });
  const data = { train: train.path, heldOut: heldOut.path, windows: measured.count * batch };
  await withFileErrors(place.folder, () => mkdir(place.folder, { recursive: true }));
  await writeFileAtomic(join(place.folder, "rates.f64"), bytesOf(rateTable(stage, steps)));
  await writeFileAtomic(join(place.folder, "windows.i64"), bytesOf(windowTable(stage, train, steps)));
  await writeFileAtomic(join(place.folder, "job.json"), jobJson(job, data));
}

/** Steps of a whole stage. */
export function stepsOf(stage: Stage, tokens: number): number {
  return Math.ceil(tokens / stepTokens(stage));
}

/** The command that starts the driver with torchrun on this machine. */
export function localCommand(python: string, folder: string, options: TorchOptions): ProcessRequest {
  const { nproc, port, threads = Math.max(1, Math.floor(availableParallelism() / nproc)) } = options;
  const meeting =
    port === undefined ? ["--standalone"] : ["--nnodes", "1", "--master-addr", "127.0.0.1", "--master-port", `${port}`];
  return {
    command: [
      ...([python, "-m", "torch.distributed.run"] as const),
      ...[...meeting, "--nproc-per-node", `${nproc}`, "--max-restarts", "0"],
      ...[driver, folder, "--attended"],
    ],
    env: environment(threads),
  };
}

/** How a cluster starts the driver; the same on each machine. */
export function clusterLaunch(name: string, python: string, folder: string, options: TorchOptions): ClusterLaunch {
  const { nproc, nodes, device, threads = 1, port = meetingPort } = options;
  const meeting = ["--rdzv-backend", "c10d", "--rdzv-id", name, "--rdzv-endpoint", `$MASTER_ADDR:${port}`];
  return {
    ...{ name, nodes, processes: nproc, accelerators: device === "cuda" ? nproc : 0, folder },
    command: [
      ...[python, "-m", "torch.distributed.run", "--nnodes", `${nodes}`, "--nproc-per-node", `${nproc}`],
      // A machine that comes back continues from what was saved.
      ...["--max-restarts", "3", ...meeting, driver, folder],
    ],
    env: environment(threads),
  };
}

/** Environment variables of the driver's processes; they forbid downloads. */
export function environment(threads: number): Record<string, string> {
  return { OMP_NUM_THREADS: `${threads}`, HF_HUB_OFFLINE: "1", TOKENIZERS_PARALLELISM: "false", PYTHONUNBUFFERED: "1" };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array | BigInt64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
