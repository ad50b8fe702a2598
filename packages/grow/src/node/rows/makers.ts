// Chooses what makes rows: this thread if there is little to make, else worker threads, which share the source's open
// files.

import { availableParallelism } from "node:os";
import type { ModelDirectory } from "@cambium/checkpoint";
import { numel } from "@cambium/ir";
import type { TargetTensor } from "../target.js";
import { type Block, blockBytes, blockMaker, type Made, type RowMakers } from "./make.js";
import { RowThread } from "./thread.js";

/** More threads would take too much memory, and need faster disks than most. */
const MOST_THREADS = 4;

/** How many numbers are worth starting a thread, which takes about 60 ms. */
const WORTH_A_THREAD = 4e6;

/** Blocks requested per thread: one being made, one waiting. */
const AHEAD = 2;

/** How many threads make the computed ones of `tensors`; 0: the writing thread does. */
export function threadsFor(tensors: readonly TargetTensor[], most = availableParallelism()): number {
  const made = tensors.flatMap(({ made }) => (made ? [made] : []));
  // The factors of a matrix product are held whole, so only one thread should hold them.
  if (most < 2 || made.some(({ typed }) => JSON.stringify(typed).includes('"matmul"'))) return 0;
  const numbers = made.reduce((sum, { shape }) => sum + numel(shape), 0);
  return Math.min(most, MOST_THREADS, Math.floor(numbers / WORTH_A_THREAD));
}

export function openRowMakers(source: ModelDirectory, threads: number): RowMakers {
  return threads === 0 ? new Here(source) : new Threads(source, threads);
}

class Here implements RowMakers {
  readonly ahead = 1;
  #made: Made | undefined;
  #maker: ReturnType<typeof blockMaker> | undefined;
  readonly #places = new Places(1);

  constructor(private readonly source: ModelDirectory) {}

  async make(block: Block): Promise<Uint8Array> {
    const { made, start, end } = block;
    if (this.#made !== made || !this.#maker) {
      this.#made = made;
      this.#maker = blockMaker(made, {
        entry: (name) => this.source.shardOf(name).entry(name),
        read: (name, from, to) => this.source.shardOf(name).readBytes(name, from, to),
      });
    }
    const out = this.#places.next(blockBytes(block));
    await this.#maker(start, end, out);
    return out;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

class Threads implements RowMakers {
  readonly ahead: number;
  readonly #threads: readonly RowThread[];
  readonly #places: Places;

  constructor(source: ModelDirectory, count: number) {
    this.#threads = Array.from({ length: count }, () => new RowThread(source));
    this.ahead = AHEAD * count;
    this.#places = new Places(this.ahead);
  }

  async make(block: Block): Promise<Uint8Array> {
    const [first, ...others] = this.#threads as [RowThread, ...RowThread[]];
    const thread = others.reduce((least, one) => (one.waiting < least.waiting ? one : least), first);
    const out = this.#places.next(blockBytes(block));
    await thread.make(block, out);
    return out;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }
}

/**
 * Memory for blocks, in turns, which all threads share. Fresh memory for each block, handed from thread to thread, would
 * keep the garbage collectors of both busy.
 */
class Places {
  readonly #all: SharedArrayBuffer[];
  #turn = 0;

  constructor(count: number) {
    this.#all = Array.from({ length: count }, () => new SharedArrayBuffer(0));
  }

  next(bytes: number): Uint8Array {
    const at = this.#turn++ % this.#all.length;
    const place = this.#all[at] as SharedArrayBuffer;
    const enough = place.byteLength >= bytes ? place : new SharedArrayBuffer(bytes);
    this.#all[at] = enough;
    return new Uint8Array(enough, 0, bytes);
  }
}
