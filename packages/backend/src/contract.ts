// The backend contract: a backend opens a device; a device compiles graphs and owns tensors. This file is the whole of it.
import type { DType, Graph, HostTensor, TensorType } from "@cambium/ir";

/** Major version of this contract; `defineBackend` stamps it, resolution refuses another by name and version. */
export const backendContractVersion = 2;

/** What a backend package exports as default, through `defineBackend`. */
export interface Backend {
  readonly name: string;
  readonly contract: number;
  /**
   * Opens a device. Called once per run; may load native code, start a worker, talk to a driver.
   * @throws CambiumError `E_BACKEND_OPTION` for an option it does not know, `E_BACKEND_UNAVAILABLE` when nothing here
   * can run it, saying what was found and how to mend it. It never falls back to another device in silence.
   */
  open(options?: BackendOptions): Promise<Device>;
  /** What `open` would find here, for `cambium doctor`: cheap, without side effects, never throws. */
  probe(): Promise<readonly ProbeResult[]>;
}

/** Options as a recipe or `--backend-option key=value` gives them; each backend documents and checks its own. */
export type BackendOptions = Readonly<Record<string, string | number | boolean>>;

/** One device or provider that the backend could use. */
export interface ProbeResult {
  /** E.g. `cpu`, `cuda`, an adapter's name. */
  readonly device: string;
  readonly available: boolean;
  /** What was found (versions, sizes), or why it would not run. */
  readonly detail: string;
  /** The exact command or change that mends it, when it would not run. */
  readonly fix?: string;
  /** `DeviceInfo.computes` of the device that `open` would give, where that is known without opening it. */
  readonly computes?: readonly DType[];
}

export interface DeviceInfo {
  /** Name of the backend. */
  readonly backend: string;
  /** Version of the engine below it, e.g. of onnxruntime-node. */
  readonly version: string;
  /**
   * What really computes: provider, adapter, threads, and whatever options make of it that changes bits. Shown to the
   * user, and part of what tells one run from another: a stage computed on another device is not taken for this one's.
   */
  readonly device: string;
  /**
   * Dtypes of tensors that it takes, with the values those dtypes can hold: a cast to f16 rounds to f16 however the
   * result is held.
   */
  readonly accepts: readonly DType[];
  /**
   * Those of them that it holds in their own width, so that a graph in them takes less memory or less time than one in
   * f32. A dtype that is only accepted gains nothing: it is held in a wider one.
   */
  readonly computes: readonly DType[];
  /** Names of composites the device takes whole; others are decomposed before they reach it. */
  readonly composites: readonly string[];
  readonly limits: {
    /** Largest single tensor, bytes; Infinity when only memory bounds it. */
    readonly maxTensorBytes: number;
  };
}

/**
 * A device. Everything asynchronous may be called from one flow at a time; a device is not re-entrant. But a run is over
 * with its hand-over: whatever may be called then, while it still computes and `RunResult.fetched` is under way.
 */
export interface Device {
  readonly info: DeviceInfo;
  /**
   * Compiles a graph; running the result is cheap. The device optimises and lowers as it likes.
   * @throws CambiumError `E_UNSUPPORTED` naming the op or dtype, `E_LIMIT` naming tensor, size and limit — both before
   * any driver speaks.
   */
  compile(graph: Graph): Promise<Executable>;
  /**
   * Copies a host tensor to the device; the caller owns the result.
   * @throws CambiumError `E_SHAPE` when the data does not fill the shape, `E_UNSUPPORTED` for a dtype not in `info.accepts`.
   */
  upload(host: HostTensor): Promise<DeviceTensor>;
  /** Copies a device tensor to fresh host memory. @throws CambiumError `E_DISPOSED` for a tensor that is gone. */
  download(tensor: DeviceTensor): Promise<HostTensor>;
  memory(): Promise<MemoryStats>;
  /**
   * Frees everything. Runs, `fetched` and downloads under way finish first; tensors and executables of the device are
   * gone afterwards, and using one, or the device, is `E_DISPOSED`. Closing twice is allowed.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A tensor on a device. Dispose it, or let a run consume it. */
export interface DeviceTensor {
  readonly type: TensorType;
  /** Frees the storage; disposing twice is allowed. */
  dispose(): void;
  [Symbol.dispose](): void;
}

export interface RunOptions {
  /** Outputs to bring to the host as part of the run; they get no device tensor. */
  readonly fetch?: readonly string[];
}

/** A run that was handed over; the device may not have begun on it. */
export interface RunResult {
  /**
   * Outputs that stay on the device, owned by the caller: to be bound to the next run, read or disposed at once. Those of
   * a run that fails are gone, and to use one is its failure again.
   */
  readonly outputs: Readonly<Record<string, DeviceTensor>>;
  /**
   * Outputs named in `fetch`, as this run computes them, whatever is run, consumed or disposed meanwhile. Settles when the
   * run is over (nothing is named: as far as the engine below tells when that is); to be awaited at any time, or never.
   * Rejects with `E_DEVICE_LOST` or `E_OUT_OF_MEMORY` where the device fails after the hand-over; so do runs handed over
   * before that was known which take an output of this one. A rejection that nobody awaits is no unhandled one.
   */
  readonly fetched: Promise<Readonly<Record<string, HostTensor>>>;
}

export interface Executable {
  /**
   * Runs the graph. Resolves as soon as the work is handed over, so that the next run can be handed over while the device
   * computes this one; a device may let it wait where many are under way. Each input is a device tensor or a host tensor
   * (for batches and scalars; copied up by the time `run` resolves). A device tensor bound to an input that an output
   * `replaces` is consumed, also when the run fails: use the output. Every output is a tensor of its own, also one that
   * is an input or equals another output; it may bear an input's name.
   * @throws CambiumError `E_INPUT` for a missing, unknown or misfitting input, a consumed one bound twice or an unknown
   * name in `fetch`, with all of them named; `E_DISPOSED` for a consumed or disposed tensor. A run refused for these
   * consumes nothing (`validateInputs`). `E_DEVICE_LOST` / `E_OUT_OF_MEMORY` from the device, or of an earlier run whose
   * output is bound.
   */
  run(inputs: Readonly<Record<string, DeviceTensor | HostTensor>>, options?: RunOptions): Promise<RunResult>;
  /** What compiling came to. */
  readonly stats: ExecutableStats;
  /** Time by op type of all runs so far, slowest first; null unless the device was opened with `profile: true`. */
  profile(): Promise<readonly ProfileEntry[] | null>;
  /** The last run that is over, kernel by kernel, on a device that was opened with `profile: true` and can tell. */
  timeline?(): readonly TimelineEntry[];
  /** What the graph became, in the backend's own language (e.g. WGSL), where that can be read. */
  source?(): string;
  /** Runs under way finish. */
  dispose(): void;
  [Symbol.dispose](): void;
}

export interface ExecutableStats {
  /** Nodes (kernels, dispatches) that one run launches. */
  readonly nodes: number;
  /** Bytes of values inside the graph alive at once, as planned (`liveness` of the lowered graph). */
  readonly plannedBytes: number;
  readonly compileSeconds: number;
}

export interface ProfileEntry {
  /** Op type in the backend's terms. */
  readonly op: string;
  readonly count: number;
  readonly seconds: number;
}

/** One kernel of a run. */
export interface TimelineEntry {
  readonly name: string;
  /** Where in the model it belongs, e.g. `layers.3.mlp`. */
  readonly scope?: string;
  /** Seconds since the run's first kernel began, and how long it took. */
  readonly start: number;
  readonly seconds: number;
}

export interface MemoryStats {
  /** Live device tensors, and their bytes. */
  readonly tensors: number;
  readonly bytes: number;
  /** Most bytes of device tensors alive at once so far. */
  readonly peakBytes: number;
  /** Executables not yet disposed. */
  readonly executables: number;
  /** Most bytes of device memory held at once so far for all purposes, where the backend does its own allocation. */
  readonly heldPeakBytes?: number;
}
