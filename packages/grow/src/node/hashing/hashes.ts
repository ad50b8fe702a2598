// SHA-256 of every tensor of a grown model, from the very bytes that are written. A source tensor that is copied more
// than once is hashed with its first copy; equal CRC-32 sums show that the other copies have the same bytes.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type ModelDirectory, SafetensorsFile } from "@cambium/checkpoint";
import type { Prepared } from "../prepare.js";
import { sourceChanged } from "../sources.js";
import type { TargetTensor } from "../target.js";
import { type Hasher, hereHasher, threadHasher } from "./hasher.js";
import type { TensorSum } from "./summing.js";
import { hashChunks } from "./tensor-sum.js";
import type { WrittenSums } from "./written-sums.js";

/** In hex, by tensor name. */
export interface TensorHashes {
  /** Of all source tensors that the result is made from. */
  readonly source: Readonly<Record<string, string>>;
  readonly result: Readonly<Record<string, string>>;
}

/** Sums of the source's tensors by name, and SHA-256 in hex of computed tensors by their names. */
export interface KnownHashes {
  readonly copied: Readonly<Record<string, TensorSum>>;
  readonly computed: Readonly<Record<string, string>>;
}

/** A tensor that is hashed while it is written. */
export interface Watched {
  readonly stream: number;
  readonly target: TargetTensor;
  /** Bytes that have not been seen yet. */
  left: number;
}

/** Bytes of it, as they are written. */
export interface Seen {
  readonly watched: Watched;
  readonly bytes: Uint8Array;
}

/** Bytes of a source that are worth starting a thread, which takes about 30 ms. */
const WORTH_A_THREAD = 100e6;

/** Whether a separate thread should hash a source of `bytes`. @param most threads that may run at once */
export function hashesInThread(bytes: number, most = availableParallelism()): boolean {
  return most > 1 && bytes >= WORTH_A_THREAD;
}

/**
 * Tensors are hashed in the blocks that are being written. A large source is hashed by a separate thread: a disk takes
 * 2 GB/s and a thread hashes about as much, so hashing in the writer would hold up the disk. Source tensors of which no
 * copy is written whole, because rows are computed from them or an earlier attempt has written a part, are read for it.
 */
export class GrowthHashes implements AsyncDisposable {
  readonly #copied = new Map<string, TensorSum>();
  readonly #computed = new Map<string, string>();
  /** Source tensors that are hashed, or will be. */
  readonly #begun = new Set<string>();
  readonly #hasher: Hasher;
  #fresh = { copied: {} as Record<string, TensorSum>, computed: {} as Record<string, string> };
  #reading = Promise.resolve();
  #streams = 0;
  #stopped = false;

  /** @param threaded whether a separate thread hashes */
  constructor(
    private readonly source: ModelDirectory,
    threaded: boolean,
  ) {
    this.#hasher = threaded ? threadHasher() : hereHasher();
  }

  /** Takes what an earlier attempt has hashed. To be called first. */
  continue({ copied, computed }: KnownHashes): void {
    for (const [name, sum] of Object.entries(copied)) this.#copied.set(name, sum);
    for (const [name, sha256] of Object.entries(computed)) this.#computed.set(name, sha256);
  }

  /** What has become known since the last call. */
  takeFresh(): KnownHashes {
    const fresh = this.#fresh;
    this.#fresh = { copied: {}, computed: {} };
    return fresh;
  }

  /**
   * To be called before `target` is written, whole or from some byte on.
   * @returns what must be given to {@link add} with its bytes; undefined if they need not be hashed
   */
  begin(target: TargetTensor, byteLength: number, whole: boolean): Watched | undefined {
    if (this.#stopped) return undefined;
    if (target.copyOf === undefined) for (const name of target.sources) this.#read(name);
    if (!whole || byteLength === 0) return undefined;
    const { copyOf } = target;
    if (copyOf !== undefined && !this.#isNew(copyOf)) return undefined;
    if (copyOf !== undefined) this.#begun.add(copyOf);
    this.#streams += 1;
    return { stream: this.#streams, target, left: byteLength };
  }

  /**
   * Hashes bytes, for each tensor in their order; they must stay as they are until this resolves.
   * @param written the sums of what is written, these bytes included
   */
  async add(seen: readonly Seen[], written: WrittenSums): Promise<void> {
    if (seen.length === 0 || this.#stopped) return;
    const ending: TargetTensor[] = [];
    const parts = seen.map(({ watched, bytes }) => {
      watched.left -= bytes.length;
      const last = watched.left === 0;
      if (last) ending.push(watched.target);
      return { stream: watched.stream, bytes, last };
    });
    const ended = await this.#hasher.add(parts);
    for (const [i, { name, copyOf }] of ending.entries()) {
      const sha256 = ended[i] as string;
      if (copyOf === undefined) {
        this.#computed.set(name, sha256);
        this.#fresh.computed[name] = sha256;
      } else this.#note(copyOf, { sha256, crc: written.tensors.get(name) as number });
    }
  }

  /** Ends the work, finished or not. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#hasher.end();
    await this.#reading.catch(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #isNew(name: string): boolean {
    return !this.#begun.has(name) && !this.#copied.has(name);
  }

  #note(name: string, sum: TensorSum): void {
    this.#copied.set(name, sum);
    this.#fresh.copied[name] = sum;
  }

  /** Has the source's tensor `name` read and hashed, after those before it. `all` reports a failure. */
  #read(name: string): void {
    if (!this.#isNew(name)) return;
    this.#begun.add(name);
    this.#reading = this.#reading.then(async () => {
      if (this.#stopped) return;
      const sum = await this.#hasher.sumOf(this.source, name, () => this.#stopped);
      if (!this.#stopped) this.#note(name, sum);
    });
    this.#reading.catch(() => undefined);
  }

  /**
   * All hashes. Tensors that no attempt wrote whole are read, from the source or the shards in `folder`.
   * @param written sums of the shards, by file name
   * @throws CambiumError `E_GROWTH_CHANGED` if what was written is not what the source held when it was hashed
   */
  async all(
    shards: Prepared["shards"],
    folder: string,
    written: ReadonlyMap<string, WrittenSums>,
  ): Promise<TensorHashes> {
    for (const { layout } of shards)
      for (const { source } of layout.tensors) for (const name of source.sources) this.#read(name);
    await this.#reading;
    const hashes = { source: {} as Record<string, string>, result: {} as Record<string, string> };
    const torn: string[] = [];
    for (const { file, layout } of shards) {
      for (const { name, source } of layout.tensors) {
        for (const from of source.sources) hashes.source[from] = this.#copied.get(from)?.sha256 as string;
        if (source.copyOf === undefined) {
          hashes.result[name] = this.#computed.get(name) ?? (await hashWritten(join(folder, file), name));
          continue;
        }
        const sum = this.#copied.get(source.copyOf);
        if (sum?.crc !== written.get(file)?.tensors.get(name)) torn.push(source.copyOf);
        hashes.result[name] = sum?.sha256 as string;
      }
    }
    if (torn.length > 0) throw sourceChanged(this.source.path, [...new Set(torn)]);
    return hashes;
  }
}

async function hashWritten(path: string, name: string): Promise<string> {
  await using written = await SafetensorsFile.open(path);
  return hashChunks(written.stream(name));
}
