// The device as the main thread sees it: checks and bookkeeping here, tensors and computing in the worker.
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
import {
  CambiumError,
  checkGraph,
  type Graph,
  type HostData,
  type HostTensor,
  hostTensor,
  type TensorType,
} from "@cambium/ir";
import { compileGraph } from "../compile/compile.js";
import type { TensorId } from "../protocol.js";
import type { WorkerClient } from "./client.js";
import { OnnxExecutable } from "./executable.js";

const stagingBytes = 2 ** 20;

type HostDataConstructor = new (buffer: ArrayBuffer, offset: number, length: number) => HostData;

export class OnnxDevice implements Device {
  readonly ledger: TensorLedger<TensorId>;
  readonly pending = new Pending();
  readonly #executables = new Set<OnnxExecutable>();
  #nextTensor = 0;
  #nextExecutable = 0;
  #open = true;
  /** The buffer of uploads while none is under way. */
  #staging: ArrayBuffer | undefined;

  constructor(
    readonly info: DeviceInfo,
    readonly client: WorkerClient,
    private readonly profiling: boolean,
  ) {
    this.ledger = new TensorLedger((tensor) => client.notify({ free: tensor }));
  }

  async compile(graph: Graph): Promise<Executable> {
    this.#mustBeOpen();
    const start = performance.now();
    checkGraph(graph, "before it is compiled");
    checkLimits(graph, this.info);
    const { plan, nodes, plannedBytes } = compileGraph(graph);
    const id = this.#nextExecutable++;
    const models = plan.steps.flatMap((step) => (step.kind === "session" ? [step.model.buffer] : []));
    await this.client.call("compile", { executable: id, plan }, models);
    const stats = { nodes, plannedBytes, compileSeconds: (performance.now() - start) / 1000 };
    const executable = new OnnxExecutable(this, id, graph, stats, this.profiling, () =>
      this.#executables.delete(executable),
    );
    this.#executables.add(executable);
    return executable;
  }

  async upload(host: HostTensor): Promise<DeviceTensor> {
    this.#mustBeOpen();
    const { dtype, shape, data } = hostTensor(host.dtype, host.shape, host.data);
    const type = { dtype, shape: [...shape] };
    const tensor = this.newTensorId();
    await this.#send(tensor, type, data);
    return this.ledger.add(type, tensor);
  }

  /** In pieces through one buffer that goes back and forth: copies of a whole state would wait long for their GC. */
  async #send(tensor: TensorId, type: TensorType, data: HostData): Promise<void> {
    let buffer = this.#staging ?? new ArrayBuffer(stagingBytes);
    this.#staging = undefined;
    const most = stagingBytes / data.BYTES_PER_ELEMENT;
    for (let at = 0; at === 0 || at < data.length; at += most) {
      const part = data.subarray(at, at + most);
      const piece = new (data.constructor as HostDataConstructor)(buffer, 0, part.length);
      piece.set(part);
      buffer = (await this.client.call("upload", { tensor, type, at, piece }, [buffer])).buffer as ArrayBuffer;
    }
    this.#staging = buffer;
  }

  async download(tensor: DeviceTensor): Promise<HostTensor> {
    this.#mustBeOpen();
    const data = await this.client.call("download", { tensor: this.ledger.storage(tensor) });
    return { ...tensor.type, data } as HostTensor;
  }

  async memory(): Promise<MemoryStats> {
    return this.ledger.stats(this.#executables.size);
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    for (const executable of [...this.#executables]) executable.dispose();
    this.ledger.clear();
    try {
      await this.client.call("close", undefined);
      await this.pending.settled();
    } catch (error) {
      // A device that is lost already is as closed as it gets.
      if (!(error instanceof CambiumError && error.code === "E_DEVICE_LOST")) throw error;
    } finally {
      await this.client.terminate();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  newTensorId(): TensorId {
    return this.#nextTensor++;
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new CambiumError("E_DISPOSED", "the onnx device is closed");
  }
}
