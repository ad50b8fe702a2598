// SHA-256 of every tensor of a grown model: computed ones are hashed as they are written, copied ones in the background.
// A copied tensor is hashed where it comes from; that these are the bytes which were written, CRC-32 of both says.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type ModelDirectory, SafetensorsFile } from "@cambium/checkpoint";
import type { Prepared } from "./prepare.js";
import { sourceChanged } from "./sources.js";
import { hashChunks, sumOf, type TensorSum } from "./tensor-sum.js";
import type { WrittenSums } from "./written-sums.js";

/** In hex, by tensor name. */
export interface TensorHashes {
  /** Of all that the result is made from. */
  readonly source: Readonly<Record<string, string>>;
  readonly result: Readonly<Record<string, string>>;
}

/** Of the source's tensors by their names, and SHA-256 in hex of what is computed by its own name. */
export interface KnownHashes {
  readonly copied: Readonly<Record<string, TensorSum>>;
  readonly computed: Readonly<Record<string, string>>;
}

/**
 * A source tensor is hashed once, however often it is copied, and read for that once more: right after the writer has
 * first read it, when it is still in the page cache. Hashed in the writer's blocks, large tensors would hold up the disk,
 * which takes 2 GB/s where a thread hashes 1.5.
 */
export class GrowthHashes {
  readonly #copied = new Map<string, TensorSum>();
  readonly #computed = new Map<string, string>();
  readonly #queued = new Set<string>();
  #fresh = { copied: {} as Record<string, TensorSum>, computed: {} as Record<string, string> };
  #working = Promise.resolve();
  #stopped = false;

  /** @param known what an earlier sitting has hashed */
  constructor(
    private readonly source: ModelDirectory,
    known?: KnownHashes,
  ) {
    for (const [name, sum] of Object.entries(known?.copied ?? {})) this.#copied.set(name, sum);
    for (const [name, sha256] of Object.entries(known?.computed ?? {})) this.#computed.set(name, sha256);
  }

  /** What has become known since this was last asked. */
  takeFresh(): KnownHashes {
    const fresh = this.#fresh;
    this.#fresh = { copied: {}, computed: {} };
    return fresh;
  }

  /** Has the source's tensor `name`, which the writer is reading, hashed in its turn. */
  queue(name: string): void {
    if (this.#stopped || this.#queued.has(name) || this.#copied.has(name)) return;
    this.#queued.add(name);
    this.#working = this.#working.then(async () => {
      const sum = await sumOf(this.source.shardOf(name), name, () => this.#stopped);
      if (this.#stopped) return;
      this.#copied.set(name, sum);
      this.#fresh.copied[name] = sum;
    });
    // Told by `all`.
    this.#working.catch(() => undefined);
  }

  /** What is to see the `byteLength` bytes of the computed tensor `name`, from the first on and in order. */
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

  /** Ends the work at the next piece. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#working.catch(() => undefined);
  }

  /**
   * All of them. What no sitting saw whole is read again, from the source or the shards in `folder`.
   * @param written sums of the shards, by file name
   * @throws CambiumError `E_GROWTH_CHANGED` when what was written is not what the source holds now
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
