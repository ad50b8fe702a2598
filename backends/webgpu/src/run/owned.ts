// The memory that a run owns until its outputs are handed over: inputs that it consumes, copies, and outputs.
import type { Heap, HeapPart } from "../gpu/heap.js";

export class OwnedMemory {
  readonly #heap: Heap;
  readonly #owned = new Set<HeapPart>();

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  adopt(storage: HeapPart): void {
    this.#owned.add(storage);
  }

  /** @throws CambiumError `E_OUT_OF_MEMORY` */
  async allocate(bytes: number, label: string): Promise<HeapPart> {
    const storage = await this.#heap.allocate(bytes, label);
    this.#owned.add(storage);
    return storage;
  }

  /** Frees everything except the parts handed over. */
  release(handedOver: Iterable<HeapPart> = []): void {
    for (const storage of handedOver) this.#owned.delete(storage);
    for (const storage of this.#owned) this.#heap.free(storage);
    this.#owned.clear();
  }
}
