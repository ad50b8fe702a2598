// What the main thread's side of the device shares: the worker, and the numbers by which both sides know what it holds.
import type { ExecutableId, TensorId } from "../protocol.js";
import type { WorkerClient } from "./client.js";

export interface Engine {
  readonly client: WorkerClient;
  /** Whether the device was opened with `profile: true`. */
  readonly profiling: boolean;
  /** An id that was never given out. */
  newTensor(): TensorId;
  newExecutable(): ExecutableId;
}

export function engineOver(client: WorkerClient, profiling: boolean): Engine {
  let [tensors, executables] = [0, 0];
  return { client, profiling, newTensor: () => tensors++, newExecutable: () => executables++ };
}
