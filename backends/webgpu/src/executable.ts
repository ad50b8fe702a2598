// An executable: a program bound to the tensors of a run, encoded, submitted and, where asked, read back.
/// <reference types="@webgpu/types" />
import {
  type BoundInput,
  type DeviceTensor,
  type Executable,
  type Pending,
  type RunOptions,
  type RunResult,
  type TensorLedger,
  validateInputs,
} from "@cambium/backend";
import { CambiumError, type Graph, type HostTensor, type TensorType } from "@cambium/ir";
import { deviceBytes, type Placement } from "./compile/layout.js";
import type { Program, ProgramOutput } from "./compile/program.js";
import { programText } from "./compile/program-text.js";
import type { Gpu } from "./gpu/adapter.js";
import { type BoundProgram, bindProgram, buildPipelines } from "./gpu/bound.js";
import type { FaultWatch } from "./gpu/errors.js";
import type { Heap, Storage } from "./gpu/heap.js";
import type { Pipelines } from "./gpu/pipelines.js";
import { Profiler } from "./gpu/profile.js";
import { type Copier, type Readback, type Reading, toDevice } from "./gpu/transfer.js";

/** What an executable has of its device. */
export interface Engine {
  readonly gpu: Gpu;
  readonly heap: Heap;
  readonly pipelines: Pipelines;
  readonly readback: Readback;
  readonly copier: Copier;
  readonly faults: FaultWatch;
  readonly ledger: TensorLedger<Storage>;
  readonly pending: Pending;
  readonly maxBindingBytes: number;
  readonly profile: boolean;
}

/** Memory that a run is answerable for until its outputs are the caller's. */
interface Held {
  /** By name, of the inputs that outputs replace. */
  readonly consumed: Map<string, Storage>;
  /** Used by this run alone. */
  readonly fresh: Storage[];
  /** Allocated for outputs. */
  readonly made: Storage[];
}

export async function createExecutable(
  graph: Graph,
  program: Program,
  engine: Engine,
  living: Set<Executable>,
): Promise<Executable> {
  const began = performance.now();
  const { gpu, heap, pipelines, readback, copier, faults, ledger, pending } = engine;
  const { device } = gpu;
  await buildPipelines(program, pipelines);
  const own: GPUBuffer[] = [];
  const slots = new Map<string, Storage>();
  const profiler = engine.profile ? new Profiler(device) : undefined;
  let bound: { readonly key: readonly Storage[]; readonly program: BoundProgram } | undefined;

  const release = () => {
    bound?.program.dispose();
    bound = undefined;
    for (const buffer of own.splice(0)) heap.release(buffer);
    for (const slot of slots.values()) heap.free(slot);
    slots.clear();
  };
  const arena: Storage[] = [];
  let constants: Storage | undefined;
  try {
    for (const bytes of program.layout.arena) {
      const buffer = await heap.buffer(bytes, "arena");
      own.push(buffer);
      arena.push({ buffer, offset: 0, bytes });
    }
    if (program.constantBytes > 0) {
      const buffer = await heap.buffer(program.constantBytes, "constants");
      own.push(buffer);
      constants = { buffer, offset: 0, bytes: program.constantBytes };
      for (const { offset, numbers } of program.numbers)
        device.queue.writeBuffer(buffer, offset, Uint32Array.from(numbers));
      for (const { host, offset } of program.layout.constants) device.queue.writeBuffer(buffer, offset, toDevice(host));
    }
  } catch (error) {
    release();
    throw error;
  }

  /** Where the run's inputs lie. */
  const place = async (inputs: readonly BoundInput[], { consumed, fresh }: Held, encoder: GPUCommandEncoder) => {
    const placed = new Map<string, Storage>(consumed);
    const taken = new Set<Storage>();
    for (const { name, type, tensor, host, consumed: replaced } of inputs) {
      if (tensor) {
        if (replaced) continue;
        const storage = ledger.storage(tensor);
        if (program.writesInputs && taken.has(storage)) {
          // Bound twice: a kernel that writes to inputs may not see one stretch under two names.
          const copy = await heap.allocate(storage.bytes, name);
          fresh.push(copy);
          copier.copy(encoder, storage, copy);
          placed.set(name, copy);
        } else placed.set(name, storage);
        taken.add(storage);
        continue;
      }
      const bytes = deviceBytes({ type });
      const storage = (replaced ? undefined : slots.get(name)) ?? (await heap.allocate(bytes, name));
      (replaced ? consumed : slots).set(name, storage);
      device.queue.writeBuffer(storage.buffer, storage.offset, toDevice(host as HostTensor));
      placed.set(name, storage);
    }
    return placed;
  };

  const bind = async (inputs: ReadonlyMap<string, Storage>): Promise<BoundProgram> => {
    const key = [...inputs.values()];
    if (
      bound &&
      bound.key.length === key.length &&
      bound.key.every((storage, i) => sameStretch(storage, key[i] as Storage))
    )
      return bound.program;
    bound?.program.dispose();
    bound = undefined;
    const { maxBindingBytes } = engine;
    bound = { key, program: await bindProgram(program, { gpu, heap, pipelines, maxBindingBytes, resolve }) };
    return bound.program;

    function resolve(placement: Placement): Storage {
      return locate(placement, inputs);
    }
  };
  const locate = (placement: Placement, inputs: ReadonlyMap<string, Storage>): Storage => {
    switch (placement.kind) {
      case "input":
        return inputs.get(placement.name) as Storage;
      case "arena": {
        const { buffer, bytes } = arena[placement.buffer] as Storage;
        return { buffer, offset: placement.offset, bytes: bytes - placement.offset };
      }
      case "constant": {
        const { buffer, bytes } = constants as Storage;
        return { buffer, offset: placement.offset, bytes: bytes - placement.offset };
      }
    }
  };

  const run = async (
    given: Readonly<Record<string, DeviceTensor | HostTensor>>,
    options: RunOptions = {},
  ): Promise<RunResult> => {
    if (!living.has(executable)) throw new CambiumError("E_DISPOSED", "the executable was disposed");
    faults.check();
    const inputs = validateInputs(graph, given, ledger, options);
    const held: Held = { consumed: new Map(), fresh: [], made: [] };
    for (const { name, tensor, consumed } of inputs)
      if (tensor && consumed) held.consumed.set(name, ledger.take(tensor));
    const { kept, read, timed } = await submit(inputs, held, options).catch((error: unknown) => {
      for (const storage of [...held.consumed.values(), ...held.fresh, ...held.made]) heap.free(storage);
      throw error;
    });
    const passedOn = new Set(kept.values());
    for (const storage of [...held.consumed.values(), ...held.fresh]) if (!passedOn.has(storage)) heap.free(storage);
    const types = new Map<string, TensorType>(program.outputs.map(({ name, type }) => [name, type]));
    const outputs = Object.fromEntries(
      [...kept].map(([name, storage]) => [name, ledger.add(types.get(name) as TensorType, storage)]),
    );
    const fetched = async () => {
      try {
        const over = Promise.all([read ? read() : device.queue.onSubmittedWorkDone(), timed?.()]);
        const hosts = (await faults.during(over))[0] ?? [];
        const wanted = program.outputs.filter(({ name }) => options.fetch?.includes(name));
        return Object.fromEntries(wanted.map(({ name }, i) => [name, hosts[i] as HostTensor]));
      } catch (error) {
        for (const tensor of Object.values(outputs)) ledger.fail(tensor, error);
        throw error;
      }
    };
    return { outputs, fetched: pending.track(fetched()) };
  };

  /** Encodes the run and submits it; until then `held` is what it would leave behind. */
  const submit = async (inputs: readonly BoundInput[], held: Held, { fetch = [] }: RunOptions) => {
    const encoder = device.createCommandEncoder();
    const placed = await place(inputs, held, encoder);
    const { dispatches } = await bind(placed);
    let timed: (() => Promise<void>) | undefined;
    if (profiler) timed = profiler.encode(encoder, dispatches);
    else {
      const pass = encoder.beginComputePass();
      for (const { pipeline, group, groups } of dispatches) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(...groups);
      }
      pass.end();
    }
    const kept = new Map<string, Storage>();
    const readings: Reading[] = [];
    for (const output of program.outputs) {
      const source = { ...locate(output.placement, placed), bytes: deviceBytes(output) };
      if (fetch.includes(output.name)) {
        readings.push({ type: output.type, storage: source });
        continue;
      }
      const { storage, inPlace } = await targetOf(output, placed, held);
      if (!inPlace) copier.copy(encoder, source, storage);
      kept.set(output.name, storage);
    }
    const read = readings.length > 0 ? await readback.copy(encoder, readings) : undefined;
    device.queue.submit([encoder.finish()]);
    return { kept, read, timed };
  };

  /** Where an output goes: the memory of the input it replaces, unless another output still takes that from there. */
  const targetOf = async (
    { name, replaces, placement, type }: ProgramOutput,
    placed: ReadonlyMap<string, Storage>,
    { made }: Held,
  ): Promise<{ storage: Storage; inPlace: boolean }> => {
    if (replaces !== undefined) {
      const storage = placed.get(replaces) as Storage;
      if (placement.kind === "input" && placement.name === replaces) return { storage, inPlace: true };
      const wanted = program.outputs.some(
        (other) => other.name !== name && other.placement.kind === "input" && other.placement.name === replaces,
      );
      if (!wanted && placement.kind !== "input") return { storage, inPlace: false };
    }
    const storage = await heap.allocate(deviceBytes({ type }), name);
    made.push(storage);
    return { storage, inPlace: false };
  };

  const dispose = () => {
    if (living.delete(executable)) release();
  };
  const executable: Executable = {
    stats: {
      nodes: program.dispatches.length,
      plannedBytes: program.plannedBytes,
      compileSeconds: (performance.now() - began) / 1000,
    },
    run: (given, options) => pending.track(run(given, options)),
    async profile() {
      if (!profiler) return null;
      await pending.settled();
      return profiler.entries();
    },
    timeline: () => profiler?.last ?? [],
    source: () => programText(program),
    dispose,
    [Symbol.dispose]: dispose,
  };
  return executable;
}

function sameStretch(a: Storage, b: Storage): boolean {
  return a.buffer === b.buffer && a.offset === b.offset;
}
