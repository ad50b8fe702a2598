// The device: a ledger of tensors over one engine, and what it compiles.
import {
  checkLimits,
  type Device,
  type DeviceInfo,
  type DeviceTensor,
  type Executable,
  type MemoryStats,
  Pending,
  TensorLedger,
} from "@cambium/backend";
import { CambiumError, checkGraph, type Graph, type HostTensor, hostTensor } from "@cambium/ir";
import { compileGraph } from "../compile.js";
import type { Engine } from "../engines/engine.js";
import type { TfTensor } from "../tfjs.js";
import { download, upload } from "./edge.js";
import { engineError } from "./errors.js";
import { TfjsExecutable } from "./executable.js";

export class TfjsDevice implements Device {
  readonly ledger = new TensorLedger<TfTensor>((tensor) => tensor.dispose());
  readonly pending = new Pending();
  readonly #executables = new Set<TfjsExecutable>();
  #open = true;

  constructor(
    readonly info: DeviceInfo,
    readonly engine: Engine,
    private readonly profiling: boolean,
  ) {}

  async compile(graph: Graph): Promise<Executable> {
    this.#mustBeOpen();
    const start = performance.now();
    checkGraph(graph, "before it is compiled");
    checkLimits(graph, this.info);
    const compiled = compileGraph(graph, this.engine);
    const { nodes, plannedBytes } = compiled;
    const stats = { nodes, plannedBytes, compileSeconds: (performance.now() - start) / 1000 };
    const executable: TfjsExecutable = new TfjsExecutable(this, graph, compiled, stats, this.profiling, () =>
      this.#executables.delete(executable),
    );
    this.#executables.add(executable);
    return executable;
  }

  async upload(host: HostTensor): Promise<DeviceTensor> {
    this.#mustBeOpen();
    const { dtype, shape, data } = hostTensor(host.dtype, host.shape, host.data);
    try {
      return this.ledger.add({ dtype, shape: [...shape] }, upload(this.engine, { dtype, shape, data } as HostTensor));
    } catch (error) {
      throw engineError(this.engine, error);
    }
  }

  async download(tensor: DeviceTensor): Promise<HostTensor> {
    this.#mustBeOpen();
    return this.pending.track(download(this.engine, this.ledger.storage(tensor), tensor.type));
  }

  async memory(): Promise<MemoryStats> {
    return this.ledger.stats(this.#executables.size);
  }

  /** The engine stays: it is tfjs's own, and one per process. */
  async close(): Promise<void> {
    this.#open = false;
    await this.pending.settled();
    for (const executable of [...this.#executables]) executable.dispose();
    this.ledger.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new CambiumError("E_DISPOSED", "the tfjs device is closed");
  }
}
