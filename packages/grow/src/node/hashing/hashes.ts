// SHA-256 of every tensor of a grown model: computed ones are hashed as they are written, copied ones in the
// background. A copied tensor is hashed in the source; equal CRC-32 sums show that the same bytes were written.
import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type ModelDirectory, SafetensorsFile } from "@cambium/checkpoint";
import { ThreadCaller } from "@cambium/files";
import { type Place, placeOf } from "../place.js";
import type { Prepared } from "../prepare.js";
import { hashScript } from "../scripts.js";
import { sourceChanged } from "../sources.js";
import type { TensorSum } from "./summing.js";
import { hashChunks, sumOf } from "./tensor-sum.js";
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

/** Bytes of a source that are worth starting a thread, which takes about 30 ms. */
const WORTH_A_THREAD = 100e6;

/** Whether a separate thread should hash a source of `bytes`. @param most threads that may run at once */
export function hashesInThread(bytes: number, most = availableParallelism()): boolean {
  return most > 1 && bytes >= WORTH_A_THREAD;
}

/**
 * Each source tensor is hashed once, however often it is copied, and is read a second time for that: right after the
 * writer has first read it, while it is still in the page cache. A large source is hashed by a separate thread: a
 * disk takes 2 GB/s and a thread hashes 1.5 GB/s, so hashing in the writer would hold up the disk.
 */
export class GrowthHashes {
  readonly #copied = new Map<string, TensorSum>();
  readonly #computed = new Map<string, string>();
  readonly #queued = new Set<string>();
  #fresh = { copied: {} as Record<string, TensorSum>, computed: {} as Record<string, string> };
  #working = Promise.resolve();
  #stopped = false;
  #thread: ThreadCaller<Place, TensorSum> | undefined;

  /**
   * @param threaded whether a separate thread hashes the source
   * @param known what an earlier attempt has hashed
   */
  constructor(
    private readonly source: ModelDirectory,
    private readonly threaded: boolean,
    known?: KnownHashes,
  ) {
    for (const [name, sum] of Object.entries(known?.copied ?? {})) this.#copied.set(name, sum);
    for (const [name, sha256] of Object.entries(known?.computed ?? {})) this.#computed.set(name, sha256);
  }

  /** What has become known since the last call. */
  takeFresh(): KnownHashes {
    const fresh = this.#fresh;
    this.#fresh = { copied: {}, computed: {} };
    return fresh;
  }

  /** Queues the source's tensor `name`, which the writer is reading, for hashing. */
  queue(name: string): void {
    if (this.#stopped || this.#queued.has(name) || this.#copied.has(name)) return;
    this.#queued.add(name);
    this.#working = this.#working.then(async () => {
      if (this.#stopped) return;
      const sum = await this.#sumOf(name);
      if (this.#stopped) return;
      this.#copied.set(name, sum);
      this.#fresh.copied[name] = sum;
    });
    // `all` reports its failure.
    this.#working.catch(() => undefined);
  }

  /** Returns a function that must get the `byteLength` bytes of the computed tensor `name`, in order. */
  watch(name: string, byteLength: number): (bytes: Uint8Array) => void {
    const hash = createHash("sha256");
    let left = byteLength;
    return (bytes) => {
      hash.update(bytes);
      left -= bytes.length;
      if (left !== 0) return;
      const sha256 = hash.digest("hex");
      this.#computed.set(name, sha256);
      this.#fresh.computed[name] = sha256;
    };
  }

  /** Ends the work, finished or not. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#thread?.end();
    await this.#working.catch(() => undefined);
  }

  #sumOf(name: string): Promise<TensorSum> {
    if (this.threaded) {
      this.#thread ??= new ThreadCaller({ script: hashScript, does: "hashes tensors" });
      return this.#thread.ask(placeOf(this.source, name));
    }
    return sumOf(this.source.shardOf(name), name, () => this.#stopped);
  }

  /**
   * All hashes. Tensors that no attempt read whole are read again, from the source or the shards in `folder`.
   * @param written sums of the shards, by file name
   * @throws CambiumError `E_GROWTH_CHANGED` if what was written is not what the source holds now
   */
  async all(
    shards: Prepared["shards"],
    folder: string,
    written: ReadonlyMap<string, WrittenSums>,
  ): Promise<TensorHashes> {
    for (const { layout } of shards)
      for (const { source } of layout.tensors) for (const name of source.sources) this.queue(name);
    await this.#working;
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
