// The job of a stage as files that the driver reads, and the command that starts it.
import { availableParallelism } from "node:os";
import { evaluationBatches } from "@cambium/data";
import {
  type ClusterLaunch,
  heldOutWindows,
  type ProcessRequest,
  rateTable,
  type StagePlace,
  torchrunLaunch,
  trainedGroups,
  writeJobFiles,
} from "@cambium/engine";
import type { Stage } from "@cambium/recipe";
import type { TorchOptions } from "./options.js";
import { driver } from "./python.js";

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

/** What job.json holds: everything in the stage that is not a table. */
export function jobOf({ stage, options, steps, snapshotSeconds }: Omit<StageJob, "place">, data: JobData): object {
  const { batch, accumulation, context, optimizer, phase, evaluation } = stage;
  return {
    ...{ steps, batch, accumulation, context, optimizer, snapshotSeconds },
    ...{ nproc: options.nproc * options.nodes, device: options.device, strategy: options.strategy, bf16: options.bf16 },
    frozen: phase.frozen,
    groups: trainedGroups(stage).map(({ parameters, weightDecay, factor }) => ({ parameters, weightDecay, factor })),
    evaluation: { every: evaluation.every, windows: data.windows },
    ...{ train: data.train, heldOut: data.heldOut },
  };
}

/** Writes everything but the stage's first checkpoint. */
export async function writeJob(job: StageJob): Promise<void> {
  const { stage, place, steps } = job;
  const { batch, context } = stage;
  const { train, heldOut } = place.data;
  const measured = evaluationBatches(heldOut, { batch, context, windows: heldOutWindows(stage) });
  const data = { train: train.path, heldOut: heldOut.path, windows: measured.count * batch };
  await writeJobFiles(place, { stage, steps, rates: rateTable(stage, steps), job: jobOf(job, data) });
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
  const { nproc, nodes, device, threads = 1, port } = options;
  return torchrunLaunch({
    ...{ name, folder, python, nproc, nodes, port, accelerators: device === "cuda" ? nproc : 0 },
    ...{ args: [driver, folder], env: environment(threads) },
  });
}

/** Environment variables of the driver's processes; they forbid downloads. */
export function environment(threads: number): Record<string, string> {
  return { OMP_NUM_THREADS: `${threads}`, HF_HUB_OFFLINE: "1", TOKENIZERS_PARALLELISM: "false", PYTHONUNBUFFERED: "1" };
}
