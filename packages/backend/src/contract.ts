// The backend contract: a backend opens a device; a device compiles graphs and owns tensors. This file is the whole of
// it.
import type { DType, Graph, HostTensor, TensorType } from "@cambium/ir";

/** Major version of this contract. `defineBackend` stamps it; resolution refuses a backend made for another version. */
export const backendContractVersion = 2;

/** The default export of a backend package, made by `defineBackend`. */
export interface Backend {
  readonly name: string;
  readonly contract: number;
  /**
   * Opens a device. Called once per run. It may load native code, start a worker and call a driver.
   * @throws CambiumError `E_BACKEND_OPTION` for an option it does not know; `E_BACKEND_UNAVAILABLE` if nothing on this
   * machine can run it, with what was found and how to fix it. It never falls back to another device silently.
   */
  open(options?: BackendOptions): Promise<Device>;
  /** The devices that `open` would find here, for `cambium doctor`. Cheap, without side effects; never throws. */
  probe(): Promise<readonly ProbeResult[]>;
}

/** Options from a recipe or from `--backend-option key=value`. Each backend documents and checks its own. */
export type BackendOptions = Readonly<Record<string, string | number | boolean>>;

/** One device or provider that the backend could use. */
export interface ProbeResult {
  /** E.g. `cpu`, `cuda`, an adapter's name. */
  readonly device: string;
  readonly available: boolean;
  /** What was found (versions, sizes), or why it cannot run. */
  readonly detail: string;
  /** The exact command or change that fixes it, if it cannot run. */
  readonly fix?: string;
  /** `DeviceInfo.computes` of the device that `open` would give, if that is known without opening it. */
  readonly computes?: readonly DType[];
}

export interface DeviceInfo {
  /** Name of the backend. */
  readonly backend: string;
  /** Version of the engine that computes, e.g. of onnxruntime-node. */
  readonly version: string;
  /**
   * What really computes: provider, adapter, and every option that changes bits. It is shown to the user, and it is
   * part of a run's identity: the result of a stage is not reused on a device with another text.
   */
  readonly device: string;
  /** Options that change no bits, such as the number of threads. Shown to the user; not part of a run's identity. */
  readonly settings?: string;
  /**
   * Why this is not the device that its name suggests: a CPU in place of a GPU, or an engine that could not be used.
   * Benchmarks flag it.
   */
  readonly fallback?: string;
  /**
   * Dtypes of the tensors that it accepts. Values are always those of the dtype: a cast to f16 rounds to f16, whatever
   * width the result is stored in.
   */
  readonly accepts: readonly DType[];
  /**
   * Those of `accepts` that it stores in their own width, so that a graph in them takes less memory or less time than
   * one in f32. A dtype that is only accepted is stored in a wider one, and saves nothing.
   */
  readonly computes: readonly DType[];
  /** Names of the composites that the device computes as a whole; the others are decomposed first. */
  readonly composites: readonly string[];
  readonly limits: {
    /** Largest single tensor, in bytes; Infinity if only the memory bounds it. */
    readonly maxTensorBytes: number;
  };
}

/**
 * A device. It is not re-entrant: call an asynchronous method only when the previous one has settled. `Executable.run`
 * settles once the work has been handed over, so that anything may be called while the device still computes and
 * `RunResult.fetched` is under way. Tensors and executables may be disposed at any time.
 */
export interface Device {
  readonly info: DeviceInfo;
  /**
   * Compiles a graph, so that running it is cheap. The device may optimise and lower it in any way.
   * @throws CambiumError `E_UNSUPPORTED` with the op or dtype, `E_LIMIT` with the tensor, its size and the limit,
   * `E_INPUT` with every fixed input that does not fit. All are thrown before a driver is called.
   */
  compile(graph: Graph, options?: CompileOptions): Promise<Executable>;
  /**
   * Copies a host tensor to the device. The caller owns the result.
   * @throws CambiumError `E_SHAPE` if the data does not fill the shape, `E_UNSUPPORTED` for a dtype not in
   * `info.accepts`.
   */
  upload(host: HostTensor): Promise<DeviceTensor>;
  /** Copies a device tensor to fresh host memory. @throws CambiumError `E_DISPOSED` for a tensor that is gone. */
  download(tensor: DeviceTensor): Promise<HostTensor>;
  memory(): Promise<MemoryStats>;
  /**
   * Frees everything, once all runs, fetched outputs, uploads and downloads under way have finished. From the call on,
   * using the device, one of its tensors or one of its executables throws `E_DISPOSED`. Closing twice is allowed.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A tensor on a device. It takes memory until it is disposed or a run consumes it. */
export interface DeviceTensor {
  readonly type: TensorType;
  /** Frees the storage. Disposing twice is allowed. */
  dispose(): void;
  [Symbol.dispose](): void;
}

export interface CompileOptions {
  /**
   * Inputs that are the same in every run, such as the weights of a model that generates. Runs do not name them. They
   * stay the caller's and must outlive the executable. The device may copy them into a layout in which it reads them
   * faster. An input that an output replaces cannot be fixed.
   */
  readonly fixed?: Readonly<Record<string, DeviceTensor>>;
}

export interface RunOptions {
  /** Outputs to copy to the host as part of the run. They get no device tensor. */
  readonly fetch?: readonly string[];
}

/** A run that was handed over. The device may not have started it yet. */
export interface RunResult {
  /**
   * Outputs that stay on the device, owned by the caller, who may bind, read or dispose them at once. If the run fails,
   * its outputs are invalid; using one throws that run's error.
   */
  readonly outputs: Readonly<Record<string, DeviceTensor>>;
  /**
   * The outputs named in `fetch`, with the values that this run computes, whatever is run, consumed or disposed in the
   * meantime. It settles when the run is over; if `fetch` is empty, as far as the engine reports that. It may be
   * awaited at any time, or never: an unawaited rejection is not reported as unhandled. It rejects with `E_DEVICE_LOST`
   * or `E_OUT_OF_MEMORY` if the device fails after the hand-over. Runs that take an output of this one and were handed
   * over before the failure was known reject as well.
   */
  readonly fetched: Promise<Readonly<Record<string, HostTensor>>>;
}

export interface Executable {
  /**
   * Runs the graph. It resolves once the work has been handed over, so that the next run can be handed over while the
   * device computes this one; a device may delay it if many runs are under way. Each input is a device tensor, or a
   * host tensor (for batches and scalars), which has been copied by the time `run` resolves. If an output `replaces` an
   * input, the device tensor bound to that input is consumed, even if the run fails: use the output instead. Every
   * output is a tensor of its own, even if it equals an input or another output; it may have an input's name.
   * @throws CambiumError `E_INPUT` with every missing, unknown, fixed or misfitting input, every consumed input that is
   * bound twice and every unknown name in `fetch`; `E_DISPOSED` for a tensor that was consumed or disposed. A run that is
   * refused for these reasons consumes nothing (`validateInputs`). `E_DEVICE_LOST` or `E_OUT_OF_MEMORY` from the
   * device, or from an earlier run whose output is bound.
   */
  run(inputs: Readonly<Record<string, DeviceTensor | HostTensor>>, options?: RunOptions): Promise<RunResult>;
  /** The result of compiling, in numbers. */
  readonly stats: ExecutableStats;
  /** Time of all runs so far by op type, slowest first; null unless the device was opened with `profile: true`. */
  profile(): Promise<readonly ProfileEntry[] | null>;
  /** The last finished run, kernel by kernel, if the device can measure that and was opened with `profile: true`. */
  timeline?(): readonly TimelineEntry[];
  /** The compiled graph in the backend's own language (e.g. WGSL), if that can be read. */
  source?(): string;
  /** Frees the executable. Runs under way finish. Disposing twice is allowed. */
  dispose(): void;
  [Symbol.dispose](): void;
}

export interface ExecutableStats {
  /** Nodes (kernels, dispatches) that one run launches. */
  readonly nodes: number;
  /** Most bytes of values inside the graph alive at once, as planned (`liveness` of the lowered graph). */
  readonly plannedBytes: number;
  readonly compileSeconds: number;
  /** What a run is computed with, as far as the device tells. Benchmarks state it beside each figure. */
  readonly engaged?: Engaged;
}

/** What really computes a compiled graph: two devices of one name may differ in it tenfold. */
export interface Engaged {
  /**
   * How a run repeats. `captured`: the engine replays a recording of a whole run. `plan`: kernels are handed over one by
   * one, by a plan made when the graph was compiled. `interpreted`: every op is looked up anew.
   */
  readonly replay: "captured" | "plan" | "interpreted";
  /**
   * `fused`: each pass of attention is a kernel or two that keep no scores in memory. `composed`: it consists of products
   * and a softmax. Absent if the graph has no attention as one node.
   */
  readonly attention?: "fused" | "composed";
  /** What else its kernels use, in the backend's words, e.g. `subgroups of 32`. */
  readonly features?: readonly string[];
}

export interface ProfileEntry {
  /** Op type in the backend's terms. */
  readonly op: string;
  /**
   * What ran it, where the engine tells that for each kernel, e.g. `cpu`, `cuda`. An op that ran on several has an entry
   * for each. Benchmarks count kernels by it.
   */
  readonly provider?: string;
  readonly count: number;
  readonly seconds: number;
}

/** One kernel of a run. */
export interface TimelineEntry {
  readonly name: string;
  /** The part of the model that it belongs to, e.g. `layers.3.mlp`. */
  readonly scope?: string;
  /** Seconds from the start of the run's first kernel. */
  readonly start: number;
  /** Seconds that it took. */
  readonly seconds: number;
}

export interface MemoryStats {
  /** Number of live device tensors. */
  readonly tensors: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Most bytes of device tensors alive at once so far. */
  readonly peakBytes: number;
  /** Number of executables that are not disposed. */
  readonly executables: number;
  /** Most bytes of device memory held at once so far for all purposes, if the backend allocates memory itself. */
  readonly heldPeakBytes?: number;
}
