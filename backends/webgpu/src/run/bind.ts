// The program bound to the memory of a run's inputs. The binding is reused as long as runs pass the same memory.
import type { Program } from "../compile/program.js";
import type { Engine } from "../engine.js";
import { type BoundDispatch, type BoundProgram, bindProgram } from "../gpu/bound.js";
import type { HeapPart } from "../gpu/heap.js";
import type { ProgramMemory } from "./memory.js";

export class Binder {
  readonly #program: Program;
  readonly #engine: Engine;
  readonly #memory: ProgramMemory;
  #inputs: readonly HeapPart[] = [];
  #bound: BoundProgram | undefined;

  constructor(program: Program, engine: Engine, memory: ProgramMemory) {
    this.#program = program;
    this.#engine = engine;
    this.#memory = memory;
  }

  async bind(placed: ReadonlyMap<string, HeapPart>): Promise<readonly BoundDispatch[]> {
    const inputs = [...placed.values()];
    const same = inputs.length === this.#inputs.length && inputs.every((one, i) => isSame(one, this.#inputs[i]));
    if (this.#bound && same) return this.#bound.dispatches;
    this.release();
    const { gpu, heap, pipelines, traits } = this.#engine;
    this.#bound = await bindProgram(this.#program, {
      ...{ gpu, heap, pipelines, maxBindingBytes: traits.maxBindingBytes },
      resolve: (placement) => this.#memory.locate(placement, placed),
    });
    this.#inputs = inputs;
    return this.#bound.dispatches;
  }

  release(): void {
    this.#bound?.dispose();
    this.#bound = undefined;
  }
}

function isSame(a: HeapPart, b: HeapPart | undefined): boolean {
  return a.buffer === b?.buffer && a.offset === b.offset;
}
