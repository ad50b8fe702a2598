// An executable as the main thread sees it: checks a run's inputs, sends them, and makes handles for what stays.
import {
  type DeviceTensor,
  type Executable,
  type ExecutableStats,
  type ProfileEntry,
  type RunOptions,
  type RunResult,
  validateInputs,
} from "@cambium/backend";
import { CambiumError, type Graph, type HostTensor } from "@cambium/ir";
import type { Binding, Calls, ExecutableId, TensorId } from "../protocol.js";
import type { OnnxDevice } from "./device.js";

export class OnnxExecutable implements Executable {
  #live = true;

  constructor(
    private readonly device: OnnxDevice,
    private readonly id: ExecutableId,
    private readonly graph: Graph,
    readonly stats: ExecutableStats,
    private readonly profiling: boolean,
    private readonly forget: () => void,
  ) {}

  async run(inputs: Readonly<Record<string, DeviceTensor | HostTensor>>, options: RunOptions = {}): Promise<RunResult> {
    this.#mustLive();
    const { ledger, client } = this.device;
    const bound = validateInputs(this.graph, inputs, ledger, options);
    const bindings: Record<string, Binding> = {};
    for (const { name, tensor, host, consumed } of bound) {
      if (host) bindings[name] = { data: host.data };
      else if (tensor) bindings[name] = { tensor: consumed ? ledger.take(tensor) : ledger.storage(tensor) };
    }
    const fetch = options.fetch ?? [];
    const staying = this.graph.outputs.filter(({ name }) => !fetch.includes(name));
    const keep: Record<string, TensorId> = Object.fromEntries(
      staying.map(({ name }) => [name, this.device.newTensorId()]),
    );
    const answer = client.call("run", { executable: this.id, bindings, keep, fetch });
    const outputs: Record<string, DeviceTensor> = Object.fromEntries(
      staying.map(({ name, value }) => [name, ledger.add(value.type, keep[name] as TensorId)]),
    );
    return { outputs, fetched: this.device.pending.track(this.#fetched(answer, outputs)) };
  }

  /** What the worker answers a run with. The worker takes calls in order: nothing else has to wait for it. */
  async #fetched(
    answer: Promise<Calls["run"]["result"]>,
    outputs: RunResult["outputs"],
  ): Promise<Awaited<RunResult["fetched"]>> {
    try {
      const data = await answer;
      const wanted = this.graph.outputs.filter(({ name }) => Object.hasOwn(data, name));
      return Object.fromEntries(
        wanted.map(({ name, value }) => [name, { ...value.type, data: data[name] } as HostTensor]),
      );
    } catch (error) {
      for (const tensor of Object.values(outputs)) this.device.ledger.fail(tensor, error);
      throw error;
    }
  }

  async profile(): Promise<readonly ProfileEntry[] | null> {
    this.#mustLive();
    return this.profiling ? this.device.client.call("profile", { executable: this.id }) : null;
  }

  dispose(): void {
    if (!this.#live) return;
    this.#live = false;
    this.forget();
    this.device.client.notify({ release: this.id });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #mustLive(): void {
    if (!this.#live) throw new CambiumError("E_DISPOSED", "the executable was disposed");
  }
}
