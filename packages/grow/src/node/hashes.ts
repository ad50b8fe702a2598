// SHA-256 of every tensor of a grown model: of computed ones while they pass by, of copied ones behind the writer's back.
import { createHash, type Hash } from "node:crypto";
import { join } from "node:path";
import { type ModelDirectory, SafetensorsFile } from "@cambium/checkpoint";
import type { Prepared } from "./prepare.js";
import type { TargetTensor } from "./target.js";

/** In hex, by tensor name. */
export interface TensorHashes {
  /** Of what is copied. */
  readonly source: Readonly<Record<string, string>>;
  readonly result: Readonly<Record<string, string>>;
}

/** In hex: of what is copied by the source's tensor, of what is computed by its own name. */
export interface KnownHashes {
  readonly copied: Readonly<Record<string, string>>;
  readonly computed: Readonly<Record<string, string>>;
}

/** Bytes hashed at a time: a millisecond or two, for which the writer waits at most. */
const PIECE_BYTES = 2 << 20;

/**
 * A copied tensor is hashed once, however often it is copied, and read for that once more: right after the writer has
 * first read it, when it is still in the page cache. Hashed in the writer's blocks, large tensors would hold up the disk,
 * which takes 2 GB/s where a thread hashes 1.5.
 */
export class GrowthHashes {
  readonly #copied: Record<string, string>;
  readonly #computed: Record<string, string>;
  readonly #queued = new Set<string>();
  #working = Promise.resolve();
  #stopped = false;

  /** @param known what an earlier sitting has hashed */
  constructor(
    private readonly source: ModelDirectory,
    known?: KnownHashes,
  ) {
    this.#copied = { ...known?.copied };
    this.#computed = { ...known?.computed };
  }

  /** Those that are whole by now. */
  get known(): KnownHashes {
    return { copied: this.#copied, computed: this.#computed };
  }

  /** Has the source's tensor `name`, which the writer is reading, hashed in its turn. */
  queue(name: string): void {
    if (this.#stopped || this.#queued.has(name) || this.#copied[name] !== undefined) return;
    this.#queued.add(name);
    this.#working = this.#working.then(async () => {
      const sum = await this.#hashSource(name);
      if (!this.#stopped) this.#copied[name] = sum;
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
      if (left === 0) this.#computed[name] = hash.digest("hex");
    };
  }

  /** Ends the work at the next piece. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#working.catch(() => undefined);
  }

  /** All of them. What no sitting saw whole is read again, from the source or the shards in `folder`. */
  async all(shards: Prepared["shards"], folder: string): Promise<TensorHashes> {
    for (const { layout } of shards)
      for (const { source } of layout.tensors) if (source.copyOf !== undefined) this.queue(source.copyOf);
    await this.#working;
    const hashes = { source: {} as Record<string, string>, result: {} as Record<string, string> };
    for (const { file, layout } of shards) {
      for (const { name, source: tensor } of layout.tensors) {
        const sum = await this.#find(tensor, join(folder, file));
        hashes.result[name] = sum;
        if (tensor.copyOf !== undefined) hashes.source[tensor.copyOf] = sum;
      }
    }
    return hashes;
  }

  async #find({ name, copyOf }: TargetTensor, path: string): Promise<string> {
    if (copyOf !== undefined) return this.#copied[copyOf] as string;
    this.#computed[name] ??= await hashWritten(path, name);
    return this.#computed[name];
  }

  async #hashSource(name: string): Promise<string> {
    const shard = this.source.shardOf(name);
    const { offset, byteLength } = shard.entry(name);
    const piece = new Uint8Array(Math.min(PIECE_BYTES, byteLength));
    const hash = createHash("sha256");
    for (let at = 0; at < byteLength && !this.#stopped; at += piece.length) {
      const bytes = piece.subarray(0, Math.min(piece.length, byteLength - at));
      await shard.readInto(bytes, offset + at);
      hash.update(bytes);
    }
    return hash.digest("hex");
  }
}

async function hashWritten(path: string, name: string): Promise<string> {
  await using written = await SafetensorsFile.open(path);
  return hashChunks(written.stream(name));
}

/** SHA-256 of `chunks`, in hex. @param also is shown them as well */
export async function hashChunks(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  also?: Hash,
): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) {
    hash.update(chunk);
    also?.update(chunk);
  }
  return hash.digest("hex");
}
