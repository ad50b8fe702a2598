// Chooses what makes rows: this thread if there is little to make, else worker threads, which share the source's open
// files.

import { availableParallelism } from "node:os";
import type { ModelDirectory } from "@cambium/checkpoint";
import { numel } from "@cambium/ir";
import type { TargetTensor } from "../target.js";
import { type Block, blockMaker, type Made, type RowMakers } from "./make.js";
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

  constructor(private readonly source: ModelDirectory) {}

  make({ made, start, end }: Block): Promise<Uint8Array> {
    if (this.#made !== made || !this.#maker) {
      this.#made = made;
      this.#maker = blockMaker(made, {
        entry: (name) => this.source.shardOf(name).entry(name),
        read: (name, from, to) => this.source.shardOf(name).readBytes(name, from, to),
      });
    }
    return this.#maker(start, end);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

class Threads implements RowMakers {
  readonly ahead: number;
  readonly #threads: readonly RowThread[];

  constructor(source: ModelDirectory, count: number) {
    this.#threads = Array.from({ length: count }, () => new RowThread(source));
    this.ahead = AHEAD * count;
  }

  make(block: Block): Promise<Uint8Array> {
    const [first, ...others] = this.#threads as [RowThread, ...RowThread[]];
    return others.reduce((least, one) => (one.waiting < least.waiting ? one : least), first).make(block);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }
}
