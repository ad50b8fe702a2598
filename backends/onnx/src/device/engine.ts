// The worker, and fresh ids: the main thread numbers the tensors and executables that the worker holds.
import type { OpenOptions } from "../options.js";
import type { ExecutableId, TensorId } from "../protocol.js";
import type { WorkerClient } from "./client.js";

type EngineOptions = Pick<OpenOptions, "profile" | "provider" | "threads">;

export interface Engine {
  readonly client: WorkerClient;
  readonly options: EngineOptions;
  /** An id that was never used. */
  newTensor(): TensorId;
  newExecutable(): ExecutableId;
}

export function engineOver(client: WorkerClient, options: EngineOptions): Engine {
  let [tensors, executables] = [0, 0];
  return { client, options, newTensor: () => tensors++, newExecutable: () => executables++ };
}
