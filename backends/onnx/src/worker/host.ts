// The worker's side of each request.
import { CambiumError, type DType, type HostData } from "@cambium/ir";
import { env } from "onnxruntime-node";
import { narrow, widen } from "../edge.js";
import { kernels as kernelsBase64 } from "../generated/kernels.js";
import type { OpenOptions } from "../options.js";
import type { Slot } from "../plan.js";
import type { CallName, Calls, ExecutableId, Notice, Request, RunRequest, TensorId } from "../protocol.js";
import { WorkerExecutable } from "./executable.js";
import { Kernels } from "./kernels.js";
import { type Block, FlatMemory } from "./storage.js";

interface Opened {
  readonly options: OpenOptions;
  readonly storage: FlatMemory;
  readonly kernels: Kernels;
}

/** A call's result, and the buffers in it that are transferred instead of copied. */
interface Answer {
  readonly result: Calls[CallName]["result"];
  readonly buffers: ArrayBuffer[];
}

export class WorkerHost {
  #opened: Opened | undefined;
  readonly #tensors = new Map<TensorId, Block>();
  /** The errors of failed runs, by the ids of their outputs: runs sent before the failure was known may use those ids. */
  readonly #failed = new Map<TensorId, unknown>();
  readonly #executables = new Map<ExecutableId, WorkerExecutable>();

  async call(request: Request): Promise<Answer> {
    switch (request.call) {
      case "open":
        return plain(await this.#open(request.argument));
      case "compile": {
        const { executable, plan, fixed: ids } = request.argument;
        const { options, storage, kernels } = this.#state();
        const fixed = new Map(
          plan.inputs.flatMap(({ name, slot, fixed }) => (fixed ? [[slot, this.#tensor(ids[name] as TensorId)]] : [])),
        );
        this.#executables.set(executable, await WorkerExecutable.create(plan, options, storage, kernels, fixed));
        return plain(undefined);
      }
      case "upload": {
        const { tensor, type, at, piece } = request.argument;
        if (at === 0) this.#tensors.set(tensor, this.#state().storage.allocate(type));
        this.#tensor(tensor).data.set(widen(type.dtype, piece), at);
        return { result: piece, buffers: [piece.buffer as ArrayBuffer] };
      }
      case "download": {
        const data = download(this.#tensor(request.argument.tensor));
        return { result: data, buffers: [data.buffer as ArrayBuffer] };
      }
      case "run":
        return this.#run(request.argument);
      case "profile":
        return plain(await this.#executable(request.argument.executable).profile());
      case "close":
        for (const executable of this.#executables.values()) await executable.release();
        return plain(undefined);
    }
  }

  async notice(notice: Notice): Promise<void> {
    if ("free" in notice) {
      const block = this.#tensors.get(notice.free);
      this.#forget(notice.free);
      if (block) this.#state().storage.free(block);
    } else {
      const executable = this.#executables.get(notice.release);
      this.#executables.delete(notice.release);
      await executable?.release();
    }
  }

  async #open(options: OpenOptions): Promise<Calls["open"]["result"]> {
    const storage = new FlatMemory();
    const kernels = await Kernels.load(storage, new Uint8Array(Buffer.from(kernelsBase64, "base64")));
    this.#opened = { options, storage, kernels };
    return { version: env.versions.node ?? "unknown" };
  }

  async #run(request: RunRequest): Promise<Answer> {
    try {
      return await this.#results(request);
    } catch (error) {
      for (const id of Object.values(request.keep)) this.#failed.set(id, error);
      throw error;
    }
  }

  async #results({ executable: id, bindings, keep, fetch }: RunRequest): Promise<Answer> {
    const executable = this.#executable(id);
    const { storage } = this.#state();
    const { bound, uploaded } = this.#bind(executable, bindings);
    try {
      const results = await executable.run(bound);
      const fetched: Record<string, HostData> = {};
      for (const [name, block] of results) {
        if (fetch.includes(name)) {
          fetched[name] = download(block);
          storage.free(block);
        } else this.#tensors.set(keep[name] as TensorId, block);
      }
      return { result: fetched, buffers: Object.values(fetched).map(({ buffer }) => buffer as ArrayBuffer) };
    } finally {
      for (const block of uploaded) storage.free(block);
    }
  }

  /** The inputs' blocks by slot, and which of them the run must free. On failure, consumed blocks are freed here. */
  #bind({ plan }: WorkerExecutable, bindings: RunRequest["bindings"]): { bound: Map<Slot, Block>; uploaded: Block[] } {
    const { storage } = this.#state();
    const bound = new Map<Slot, Block>();
    const uploaded: Block[] = [];
    const consumed: Block[] = [];
    const failures: unknown[] = [];
    for (const { name, slot, consumed: taken, fixed } of plan.inputs) {
      if (fixed) continue;
      const binding = bindings[name];
      if (!binding) throw new Error(`input "${name}" is not bound`);
      try {
        let block: Block;
        if ("tensor" in binding) block = this.#tensor(binding.tensor);
        else {
          const { type } = plan.slots[slot] as { type: { dtype: DType; shape: readonly number[] } };
          block = storage.store(type, widen(type.dtype, binding.data));
          if (!taken) uploaded.push(block);
        }
        if (taken) consumed.push(block);
        bound.set(slot, block);
      } catch (error) {
        failures.push(error);
      } finally {
        if (taken && "tensor" in binding) this.#forget(binding.tensor);
      }
    }
    if (failures.length === 0) return { bound, uploaded };
    for (const block of [...consumed, ...uploaded]) storage.free(block);
    throw failures[0];
  }

  #state(): Opened {
    if (!this.#opened) throw new Error("the device is not open");
    return this.#opened;
  }

  #tensor(id: TensorId): Block {
    const block = this.#tensors.get(id);
    if (this.#failed.has(id)) throw this.#failed.get(id);
    if (!block) throw new CambiumError("E_DISPOSED", "a tensor is gone from the device");
    return block;
  }

  #forget(id: TensorId): void {
    this.#tensors.delete(id);
    this.#failed.delete(id);
  }

  #executable(id: ExecutableId): WorkerExecutable {
    const executable = this.#executables.get(id);
    if (!executable) throw new CambiumError("E_DISPOSED", "an executable is gone from the device");
    return executable;
  }
}

function plain(result: Calls[CallName]["result"]): Answer {
  return { result, buffers: [] };
}

function download({ type, data }: Block): HostData {
  return narrow(type.dtype, data);
}
