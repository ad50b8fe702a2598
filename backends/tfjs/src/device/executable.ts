// A compiled graph on the engine: inputs into slots, the schedule, outputs out of slots.
import {
  type DeviceTensor,
  type Executable,
  type ExecutableStats,
  type ProfileEntry,
  type RunOptions,
  type RunResult,
  validateInputs,
} from "@cambium/backend";
import { CambiumError, type Graph, type HostTensor, type TensorType } from "@cambium/ir";
import type { Compiled } from "../compile.js";
import type { Values } from "../program/program.js";
import { disposeOwned, runSchedule } from "../program/run.js";
import type { TfTensor } from "../tfjs.js";
import type { TfjsDevice } from "./device.js";
import { download, upload } from "./edge.js";
import { engineError } from "./errors.js";

interface Wanted {
  readonly name: string;
  readonly type: TensorType;
  readonly tensor: TfTensor;
}

export class TfjsExecutable implements Executable {
  readonly #constants: readonly (readonly [slot: number, tensor: TfTensor])[];
  readonly #times = new Map<string, { count: number; seconds: number }>();
  #live = true;

  constructor(
    private readonly device: TfjsDevice,
    private readonly graph: Graph,
    private readonly compiled: Compiled,
    readonly stats: ExecutableStats,
    private readonly profiling: boolean,
    private readonly onDispose: () => void,
  ) {
    this.#constants = compiled.constants.map(({ slot, host }) => [slot, upload(device.engine, host)]);
  }

  run(given: Readonly<Record<string, DeviceTensor | HostTensor>>, options: RunOptions = {}): Promise<RunResult> {
    return this.device.pending.track(this.#run(given, options));
  }

  async #run(given: Readonly<Record<string, DeviceTensor | HostTensor>>, options: RunOptions): Promise<RunResult> {
    if (!this.#live) throw new CambiumError("E_DISPOSED", "the executable was disposed");
    const { engine, ledger } = this.device;
    const { inputSlots, slots, schedule } = this.compiled;
    const bound = validateInputs(this.graph, given, ledger, options);
    const values: Values = new Array(slots).fill(undefined);
    const borrowed = new Set<number>();
    for (const [slot, tensor] of this.#constants) {
      values[slot] = tensor;
      borrowed.add(slot);
    }
    bound.forEach(({ tensor, consumed }, i) => {
      const slot = inputSlots[i] as number;
      if (!tensor) return;
      values[slot] = consumed ? ledger.take(tensor) : ledger.storage(tensor);
      if (!consumed) borrowed.add(slot);
    });
    try {
      bound.forEach(({ host }, i) => {
        if (host) values[inputSlots[i] as number] = upload(engine, host);
      });
    } catch (error) {
      disposeOwned(values, borrowed);
      throw engineError(engine, error);
    }
    const observe = this.profiling ? (op: string, seconds: number) => this.#observe(op, seconds) : undefined;
    const tensors = await runSchedule(engine, schedule, values, borrowed, observe).catch((error: unknown) => {
      throw engineError(engine, error);
    });
    return this.#results(tensors, options.fetch ?? []);
  }

  async profile(): Promise<readonly ProfileEntry[] | null> {
    if (!this.profiling) return null;
    return [...this.#times].map(([op, sum]) => ({ op, ...sum })).sort((a, b) => b.seconds - a.seconds);
  }

  dispose(): void {
    if (!this.#live) return;
    this.#live = false;
    for (const [, tensor] of this.#constants) tensor.dispose();
    this.onDispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #results(tensors: readonly TfTensor[], fetch: readonly string[]): RunResult {
    const { ledger, pending } = this.device;
    const outputs: Record<string, DeviceTensor> = {};
    const wanted: Wanted[] = [];
    this.graph.outputs.forEach(({ name, value }, i) => {
      const tensor = tensors[i] as TfTensor;
      if (fetch.includes(name)) wanted.push({ name, type: value.type, tensor });
      else outputs[name] = ledger.add(value.type, tensor);
    });
    return { outputs, fetched: pending.track(this.#fetched(wanted, outputs)) };
  }

  async #fetched(wanted: readonly Wanted[], outputs: RunResult["outputs"]): Promise<Awaited<RunResult["fetched"]>> {
    const { engine, ledger } = this.device;
    try {
      const fetched: Record<string, HostTensor> = {};
      for (const { name, type, tensor } of wanted) fetched[name] = await download(engine, tensor, type);
      return fetched;
    } catch (error) {
      const failure = engineError(engine, error);
      for (const output of Object.values(outputs)) ledger.fail(output, failure);
      throw failure;
    } finally {
      for (const { tensor } of wanted) tensor.dispose();
    }
  }

  #observe(op: string, seconds: number): void {
    const sum = this.#times.get(op) ?? { count: 0, seconds: 0 };
    this.#times.set(op, { count: sum.count + 1, seconds: sum.seconds + seconds });
  }
}
