// The memory that a program keeps for all of its runs: the arena, and one buffer of constants and numbers.
import type { Placement } from "../compile/layout.js";
import type { Program } from "../compile/program.js";
import type { Engine } from "../engine.js";
import { toDevice } from "../gpu/elements.js";
import type { Heap, HeapPart } from "../gpu/heap.js";

export class ProgramMemory {
  readonly #heap: Heap;
  readonly #arena: GPUBuffer[] = [];
  #constants: GPUBuffer | undefined;

  private constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** @throws CambiumError `E_OUT_OF_MEMORY`; nothing stays allocated then */
  static async allocate({ layout, numbers, constantBytes }: Program, { heap, gpu }: Engine): Promise<ProgramMemory> {
    const memory = new ProgramMemory(heap);
    try {
      for (const bytes of layout.arena) memory.#arena.push(await heap.buffer(bytes, "arena"));
      if (constantBytes > 0) {
        const buffer = await heap.buffer(constantBytes, "constants");
        memory.#constants = buffer;
        const { queue } = gpu.device;
        for (const block of numbers) queue.writeBuffer(buffer, block.offset, Uint32Array.from(block.numbers));
        for (const { host, offset } of layout.constants) queue.writeBuffer(buffer, offset, toDevice(host));
      }
    } catch (error) {
      memory.release();
      throw error;
    }
    return memory;
  }

  /** Where a value lies in a run whose inputs lie in `inputs`. */
  locate(placement: Placement, inputs: ReadonlyMap<string, HeapPart>): HeapPart {
    switch (placement.kind) {
      case "input":
        return inputs.get(placement.name) as HeapPart;
      case "arena":
        return rest(this.#arena[placement.buffer] as GPUBuffer, placement.offset);
      case "constant":
        return rest(this.#constants as GPUBuffer, placement.offset);
    }
  }

  release(): void {
    for (const buffer of this.#arena.splice(0)) this.#heap.release(buffer);
    if (this.#constants) this.#heap.release(this.#constants);
    this.#constants = undefined;
  }
}

/** The buffer from `offset` on. */
function rest(buffer: GPUBuffer, offset: number): HeapPart {
  return { buffer, offset, bytes: buffer.size - offset };
}
