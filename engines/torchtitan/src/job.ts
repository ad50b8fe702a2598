// The job of a stage as files that the configuration package in `python/` reads, and the commands around it.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type ClusterLaunch,
  type StagePlace,
  stepTokens,
  torchrunLaunch,
  trainedGroups,
  writeJobFiles,
} from "@cambium/engine";
import type { Stage } from "@cambium/recipe";
import { schedule } from "@cambium/train";
import { dataRanks, type TitanOptions } from "./options.js";

/** The same from `src/` and from `dist/`. */
export const pythonFolder = fileURLToPath(new URL("../python", import.meta.url));

/** What job.json holds. A group's rate is a factor on the table's rates, because torchtitan's schedulers multiply. */
export function jobOf(stage: Stage, options: TitanOptions, steps: number, train: string): object {
  const { accumulation, context, optimizer, phase } = stage;
  const ranks = dataRanks(options);
  const { tensorParallel: tensor, contextParallel, bf16, recompute, checkpointSteps } = options;
  return {
    ...{ steps, batch: stage.batch / ranks, accumulation, ranks, context, optimizer, bf16, recompute, checkpointSteps },
    parallelism: { tensor, context: contextParallel },
    frozen: phase.frozen,
    groups: trainedGroups(stage).map(({ parameters, weightDecay, factor, lr }) => {
      // The decay must use the rate without the factor.
      return { parameters, rate: lr * factor, weightDecay: weightDecay / factor };
    }),
    train,
  };
}

/** The scheduled rate of each step. */
export function scheduledRates(stage: Stage, steps: number): Float64Array {
  const planned = schedule(stage.schedule);
  const size = stepTokens(stage);
  return Float64Array.from({ length: steps }, (_, step) => planned(step * size, size));
}

export function writeJob(stage: Stage, options: TitanOptions, steps: number, place: StagePlace): Promise<void> {
  const job = jobOf(stage, options, steps, place.data.train.path);
  return writeJobFiles(place, { stage, steps, rates: scheduledRates(stage, steps), job });
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
  const titan = ["-m", "torchtitan.train", "--module", "cambium_titan", "--config", "stage"];
  return torchrunLaunch({
    ...{ name, folder, python, nproc, nodes, accelerators: nproc },
    args: ["--log-dir", join(folder, "logs"), "--tee", "3", ...titan],
    env: { PYTHONPATH: pythonFolder, CAMBIUM_STAGE: folder, HF_HUB_OFFLINE: "1", PYTHONUNBUFFERED: "1" },
  });
}
