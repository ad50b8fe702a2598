// The worker, and fresh ids: the main thread numbers the tensors and executables that the worker holds.
import type { ExecutableId, TensorId } from "../protocol.js";
import type { WorkerClient } from "./client.js";

export interface Engine {
  readonly client: WorkerClient;
  /** Whether the device was opened with `profile: true`. */
  readonly profiling: boolean;
  /** An id that was never used. */
  newTensor(): TensorId;
  newExecutable(): ExecutableId;
}

export function engineOver(client: WorkerClient, profiling: boolean): Engine {
  let [tensors, executables] = [0, 0];
  return { client, profiling, newTensor: () => tensors++, newExecutable: () => executables++ };
}
