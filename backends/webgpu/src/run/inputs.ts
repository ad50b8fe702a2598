// Where the inputs of a run are. Host tensors are written to memory that is kept for the next run, unless an output
// takes it over.
import type { RunInput } from "@cambium/backend";
import { deviceBytes } from "../compile/layout.js";
import type { Engine } from "../engine.js";
import { toDevice } from "../gpu/elements.js";
import type { HeapPart } from "../gpu/heap.js";
import type { OwnedMemory } from "./owned.js";

export class InputPlaces {
  readonly #engine: Engine;
  /** Some kernel writes to the memory of inputs. */
  readonly #written: boolean;
  /** By name, the memory of host tensors. */
  readonly #slots = new Map<string, HeapPart>();

  constructor(engine: Engine, written: boolean) {
    this.#engine = engine;
    this.#written = written;
  }

  /** Returns the storage of each input by name; host tensors are written to theirs. */
  async place(
    inputs: readonly RunInput<HeapPart>[],
    owned: OwnedMemory,
    encoder: GPUCommandEncoder,
  ): Promise<Map<string, HeapPart>> {
    const placed = new Map<string, HeapPart>();
    const seen = new Set<HeapPart>();
    for (const input of inputs) {
      const { name } = input;
      if (input.host) placed.set(name, await this.#write(input, owned));
      else if (this.#written && seen.has(input.storage)) {
        // Bound twice: a kernel that writes to inputs must not see one stretch of memory under two names.
        const copy = await owned.allocate(input.storage.bytes, name);
        this.#engine.copier.copy(encoder, input.storage, copy);
        placed.set(name, copy);
      } else {
        placed.set(name, input.storage);
        seen.add(input.storage);
      }
    }
    return placed;
  }

  release(): void {
    for (const slot of this.#slots.values()) this.#engine.heap.free(slot);
    this.#slots.clear();
  }

  async #write(input: RunInput<HeapPart> & { readonly host: object }, owned: OwnedMemory): Promise<HeapPart> {
    const { name, type, consumed, host } = input;
    const bytes = deviceBytes({ type });
    let storage = consumed ? await owned.allocate(bytes, name) : this.#slots.get(name);
    if (!storage) {
      storage = await this.#engine.heap.allocate(bytes, name);
      this.#slots.set(name, storage);
    }
    this.#engine.gpu.device.queue.writeBuffer(storage.buffer, storage.offset, toDevice(host));
    return storage;
  }
}
