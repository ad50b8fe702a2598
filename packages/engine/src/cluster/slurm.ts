// A stage's job file for Slurm's sbatch.
import { type ClusterLaunch, type ClusterRequest, savingSeconds, shellLine } from "./launch.js";

/** A batch script with one task per machine. It is requeued if a machine fails, and saves before its time limit. */
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
    signal: `TERM@${savingSeconds}`,
    "open-mode": "append",
    output: `${folder}/slurm-%j.log`,
  };
  return [
    "#!/bin/bash",
    // sbatch splits its options at blanks outside quotes.
    ...Object.entries(options).map(
      ([option, value]) => `#SBATCH --${option}=${/\s/.test(value) ? `"${value}"` : value}`,
    ),
    "#SBATCH --requeue",
    "set -euo pipefail",
    'MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)',
    "export MASTER_ADDR",
    ...Object.entries(env).map(([variable, value]) => `export ${variable}=${shellLine([value])}`),
    `srun --kill-on-bad-exit=1 ${shellLine(command)}`,
    "",
  ].join("\n");
}
