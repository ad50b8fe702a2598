// The job file of a stage for Slurm's sbatch.
import { type ClusterLaunch, type ClusterRequest, shellLine } from "./launch.js";

/** Seconds before the end at which Slurm sends SIGTERM, so that the stage saves. */
const warning = 180;

/** A batch script: one task a machine, put in the queue again when a machine fails, saved before its time ends. */
export function slurmScript(launch: ClusterLaunch, { cpus, time, partition }: ClusterRequest): string {
  const { name, command, env, nodes, accelerators, folder } = launch;
  const options = {
    "job-name": `cambium-${name}`,
    nodes: `${nodes}`,
    "ntasks-per-node": "1",
    "cpus-per-task": `${cpus}`,
    ...(accelerators > 0 && { "gpus-per-node": `${accelerators}` }),
    ...(partition !== undefined && { partition }),
    time,
    signal: `TERM@${warning}`,
    "open-mode": "append",
    output: `${folder}/slurm-%j.log`,
  };
  return [
    "#!/bin/bash",
    ...Object.entries(options).map(([option, value]) => `#SBATCH --${option}=${value}`),
    "#SBATCH --requeue",
    "set -euo pipefail",
    'MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)',
    "export MASTER_ADDR",
    ...Object.entries(env).map(([variable, value]) => `export ${variable}=${shellLine([value])}`),
    `srun --kill-on-bad-exit=1 ${shellLine(command)}`,
    "",
  ].join("\n");
}
