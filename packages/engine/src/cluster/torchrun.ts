// torchrun on each machine of a cluster.
import { type ClusterLaunch, meetingPort, savingSeconds } from "./launch.js";

export interface TorchrunRequest {
  readonly name: string;
  readonly folder: string;
  readonly python: string;
  /** Processes on a machine. */
  readonly nproc: number;
  readonly nodes: number;
  /** GPUs of a machine. */
  readonly accelerators: number;
  /** Where the processes meet. */
  readonly port?: number | undefined;
  /** Further options of torchrun, then what it starts. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A machine that comes back continues from what was saved. */
const restarts = 3;

export function torchrunLaunch(request: TorchrunRequest): ClusterLaunch {
  const { name, folder, python, nproc, nodes, accelerators, port = meetingPort, args, env } = request;
  const meeting = ["--rdzv-backend", "c10d", "--rdzv-id", name, "--rdzv-endpoint", `$MASTER_ADDR:${port}`];
  return {
    ...{ name, nodes, processes: nproc, accelerators, folder },
    // torchrun passes SIGTERM on and by default kills what has not ended 30 seconds later, also while it saves.
    env: { ...env, TORCH_ELASTIC_SHUTDOWN_TIMEOUT: `${savingSeconds}` },
    command: [
      ...[python, "-m", "torch.distributed.run", "--nnodes", `${nodes}`, "--nproc-per-node", `${nproc}`],
      ...["--max-restarts", `${restarts}`, ...meeting, ...args],
    ],
  };
}
