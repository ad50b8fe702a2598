// The parts of a device that a backend's author writes: how tensors are stored, read and freed, and how a graph is
// built and run. `deviceShell` makes a complete `Device` from them.
import type { Graph, HostTensor, TensorType } from "@cambium/ir";
import type { DeviceInfo, ExecutableStats, MemoryStats, ProfileEntry, TimelineEntry } from "./contract.js";

/**
 * The parts of a device. `S` stores one tensor: an array, a buffer, an id in a worker. The shell calls the parts only
 * while the device is open, with tensors that are alive and arguments that have been checked.
 */
export interface DeviceParts<S> {
  readonly info: DeviceInfo;
  /**
   * Copies a host tensor to the device; the caller may overwrite `host` as soon as this is done. If it throws, it
   * leaves nothing behind.
   */
  store(host: HostTensor): S | Promise<S>;
  /** Copies a stored tensor to fresh host memory. */
  load(storage: S, type: TensorType): HostTensor | Promise<HostTensor>;
  /** Frees a stored tensor. Called once for every storage that is not consumed by a run. */
  free(storage: S, type: TensorType): void;
  /**
   * Compiles a graph that is well formed and within the limits of `info`. `fixed` holds the inputs, by name, that are
   * the same in every run; runs get them with the others.
   */
  build(graph: Graph, fixed: Readonly<Record<string, S>>): BuiltGraph<S> | Promise<BuiltGraph<S>>;
  /** Throws if the device is known to be lost. Called before every request. */
  checkHealth?(): void;
  /** Translates an error of the engine into the matching CambiumError (`E_OUT_OF_MEMORY`, `E_DEVICE_LOST`). */
  explain?(error: unknown): unknown;
  /** Memory that only the engine can count. */
  memory?(): Pick<MemoryStats, "heldPeakBytes">;
  /** Releases what is left when every run is over and every tensor and graph is gone. */
  close?(): void | Promise<void>;
}

/** A compiled graph. */
export interface BuiltGraph<S> {
  readonly stats: Omit<ExecutableStats, "compileSeconds">;
  /**
   * Runs the graph, and returns once the work has been handed to the device. `inputs` are in the order of the graph's
   * inputs. The run owns the storage of every `consumed` input: it frees that storage or returns it as an output, even
   * if it throws. Every other storage stays alive until `run` returns, and may only be read.
   */
  run(inputs: readonly RunInput<S>[], fetch: readonly string[]): RunOutput<S> | Promise<RunOutput<S>>;
  /** Time by op of all runs so far; absent unless the device was opened with `profile: true`. */
  profile?(): readonly ProfileEntry[] | Promise<readonly ProfileEntry[]>;
  /** See `Executable.timeline`. */
  timeline?(): readonly TimelineEntry[];
  /** See `Executable.source`. */
  source?(): string;
  /** Frees the graph. Called once, while no run is being handed over. */
  dispose?(): void;
}

/** An input of a run: a stored tensor, or a host tensor that the run copies before it returns. */
export type RunInput<S> = {
  readonly name: string;
  readonly type: TensorType;
  /** An output replaces this input. */
  readonly consumed: boolean;
} & ({ readonly storage: S; readonly host?: undefined } | { readonly host: HostTensor; readonly storage?: undefined });

export interface RunOutput<S> {
  /**
   * Fresh storage by output name, for every output that is not in `fetched`. Outputs named in `fetch` may be here too;
   * the shell then loads and frees them.
   */
  readonly outputs: Readonly<Record<string, S>>;
  /**
   * Fetched outputs that the run reads itself. The promise settles when the run is over, and rejects if the device
   * fails after the hand-over. Absent if everything was computed by the time `run` returned.
   */
  readonly fetched?: Promise<Readonly<Record<string, HostTensor>>>;
}
