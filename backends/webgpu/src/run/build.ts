// A program made ready to run: its pipelines are built and its memory is allocated once; each run binds, encodes and
// submits.
/// <reference types="@webgpu/types" />
import type { BuiltGraph, Engaged, RunInput, RunOutput } from "@cambium/backend";
import type { HostTensor } from "@cambium/ir";
import type { Program } from "../compile/program.js";
import { programText } from "../compile/program-text.js";
import type { Engine } from "../engine.js";
import { type BoundDispatch, buildPipelines } from "../gpu/bound.js";
import type { HeapPart } from "../gpu/heap.js";
import { Profiler } from "../gpu/profile.js";
import { Binder } from "./bind.js";
import { InputPlaces } from "./inputs.js";
import { ProgramMemory } from "./memory.js";
import { placeOutputs } from "./outputs.js";
import { OwnedMemory } from "./owned.js";

export async function buildProgram(program: Program, engine: Engine): Promise<BuiltGraph<HeapPart>> {
  await buildPipelines(program, engine.pipelines);
  const memory = await ProgramMemory.allocate(program, engine);
  const runner = new ProgramRunner(program, engine, memory);
  const { profiler } = runner;
  return {
    stats: {
      nodes: program.dispatches.length,
      plannedBytes: program.plannedBytes,
      engaged: engagedBy(program, engine),
    },
    run: (inputs, fetch) => runner.run(inputs, fetch),
    ...(profiler && { profile: () => profiler.entries(), timeline: () => profiler.last }),
    source: () => programText(program),
    dispose: () => runner.release(),
  };
}

function engagedBy({ hasAttention }: Program, { traits, tuned }: Engine): Engaged {
  return {
    replay: "plan",
    ...(hasAttention && { attention: "fused" }),
    features: [
      `${traits.kind} kernels`,
      ...(traits.subgroupSize > 1 ? [`subgroups of ${traits.subgroupSize}`] : []),
      ...(tuned ? ["tuned"] : []),
    ],
  };
}

/** Waits for a submitted run, and returns the outputs it reads back by name. */
type Finish = () => Promise<Readonly<Record<string, HostTensor>>>;

class ProgramRunner {
  readonly profiler: Profiler | undefined;
  readonly #program: Program;
  readonly #engine: Engine;
  readonly #memory: ProgramMemory;
  readonly #places: InputPlaces;
  readonly #binder: Binder;

  constructor(program: Program, engine: Engine, memory: ProgramMemory) {
    this.profiler = engine.profile ? new Profiler(engine.gpu.device) : undefined;
    this.#program = program;
    this.#engine = engine;
    this.#memory = memory;
    this.#places = new InputPlaces(engine, program.writesInputs);
    this.#binder = new Binder(program, engine, memory);
  }

  async run(inputs: readonly RunInput<HeapPart>[], fetch: readonly string[]): Promise<RunOutput<HeapPart>> {
    const owned = new OwnedMemory(this.#engine.heap);
    for (const { consumed, storage } of inputs) if (consumed && storage) owned.adopt(storage);
    try {
      const { kept, finish } = await this.#submit(inputs, fetch, owned);
      owned.release(kept.values());
      return { outputs: Object.fromEntries(kept), fetched: finish() };
    } catch (error) {
      owned.release();
      throw error;
    }
  }

  release(): void {
    this.#binder.release();
    this.#places.release();
    this.#memory.release();
  }

  async #submit(inputs: readonly RunInput<HeapPart>[], fetch: readonly string[], owned: OwnedMemory) {
    const { gpu, readback } = this.#engine;
    const encoder = gpu.device.createCommandEncoder();
    const placed = await this.#places.place(inputs, owned, encoder);
    const timed = this.#encode(encoder, await this.#binder.bind(placed));
    const { kept, readings } = await placeOutputs(fetch, {
      ...{ program: this.#program, engine: this.#engine, memory: this.#memory, placed, owned, encoder },
    });
    const read = readings.length > 0 ? await readback.copy(encoder, readings) : undefined;
    gpu.device.queue.submit([encoder.finish()]);
    const names = this.#program.outputs.flatMap(({ name }) => (fetch.includes(name) ? [name] : []));
    return { kept, finish: this.#finisher(names, read, timed) };
  }

  /** Encodes the dispatches. When profiling, returns a function that reads their timestamps. */
  #encode(encoder: GPUCommandEncoder, dispatches: readonly BoundDispatch[]): (() => Promise<void>) | undefined {
    if (this.profiler) return this.profiler.encode(encoder, dispatches);
    const pass = encoder.beginComputePass();
    for (const { pipeline, group, groups } of dispatches) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...groups);
    }
    pass.end();
    return undefined;
  }

  #finisher(names: readonly string[], read?: () => Promise<HostTensor[]>, timed?: () => Promise<void>): Finish {
    const { gpu, faults } = this.#engine;
    return async () => {
      const over = Promise.all([read ? read() : gpu.device.queue.onSubmittedWorkDone(), timed?.()]);
      const [hosts] = await faults.during(over);
      return Object.fromEntries(names.map((name, i) => [name, hosts?.[i] as HostTensor]));
    };
  }
}
