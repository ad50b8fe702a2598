// The job of a stage as files that the configuration package in `python/` reads, and the commands around it.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type ClusterLaunch,
  meetingPort,
  type StagePlace,
  stepTokens,
  trainedGroups,
  windowTable,
} from "@cambium/engine";
import { withFileErrors, writeFileAtomic } from "@cambium/files";
import type { Stage } from "@cambium/recipe";
import { schedule } from "@cambium/train";
import { dataRanks, type TitanOptions } from "./options.js";

/** The same from `src/` and from `dist/`. */
export const pythonFolder = fileURLToPath(new URL("../python", import.meta.url));

/** Increase it when the meaning of job.json changes. */
const jobVersion = 1;

export function stepsOf(stage: Stage, tokens: number): number {
  return Math.ceil(tokens / stepTokens(stage));
}

/** job.json. A group's rate is a factor on the table's rates, because torchtitan's schedulers multiply. */
export function jobJson(stage: Stage, options: TitanOptions, steps: number, train: string): string {
  const { accumulation, context, optimizer, phase } = stage;
  const ranks = dataRanks(options);
  const { tensorParallel: tensor, contextParallel, bf16, recompute, checkpointSteps } = options;
  const job = {
    version: jobVersion,
    ...{ steps, batch: stage.batch / ranks, accumulation, ranks, context, optimizer, bf16, recompute, checkpointSteps },
    parallelism: { tensor, context: contextParallel },
    frozen: phase.frozen,
    groups: trainedGroups(stage).map(({ parameters, weightDecay, factor, lr }) => {
      // The decay must use the rate without the factor.
      return { parameters, rate: lr * factor, weightDecay: weightDecay / factor };
    }),
    train,
  };
  return `${JSON.stringify(job, null, 2)}\n`;
}

/** The scheduled rate of each step. */
export function scheduledRates(stage: Stage, steps: number): Float64Array {
  const planned = schedule(stage.schedule);
  const size = stepTokens(stage);
  return Float64Array.from({ length: steps }, (_, step) => planned(step * size, size));
}

export async function writeJob(stage: Stage, options: TitanOptions, steps: number, place: StagePlace): Promise<void> {
  const { folder, data } = place;
  await withFileErrors(folder, () => mkdir(folder, { recursive: true }));
  await writeFileAtomic(join(folder, "rates.f64"), bytesOf(scheduledRates(stage, steps)));
  await writeFileAtomic(join(folder, "windows.i64"), bytesOf(windowTable(stage, data.train, steps)));
  await writeFileAtomic(join(folder, "job.json"), jobJson(stage, options, steps, data.train.path));
}

/**
 * The command that converts the stage's checkpoint to torchtitan's format (`to`), or its newest one to ours (`from`).
 */
export function convertCommand(way: "to" | "from", folder: string, { python }: TitanOptions): [string, ...string[]] {
  return [python, join(pythonFolder, "convert.py"), way, folder];
}

/** How each machine of a cluster starts torchtitan. */
export function clusterLaunch(name: string, folder: string, options: TitanOptions): ClusterLaunch {
  const { python, nproc, nodes } = options;
  const meeting = ["--rdzv-backend", "c10d", "--rdzv-id", name, "--rdzv-endpoint", `$MASTER_ADDR:${meetingPort}`];
  return {
    ...{ name, nodes, processes: nproc, accelerators: nproc, folder },
    command: [
      ...[python, "-m", "torch.distributed.run", "--nnodes", `${nodes}`, "--nproc-per-node", `${nproc}`],
      ...["--max-restarts", "3", ...meeting, "--log-dir", join(folder, "logs"), "--tee", "3"],
      ...["-m", "torchtitan.train", "--module", "cambium_titan", "--config", "stage"],
    ],
    env: { PYTHONPATH: pythonFolder, CAMBIUM_STAGE: folder, HF_HUB_OFFLINE: "1", PYTHONUNBUFFERED: "1" },
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array | BigInt64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
