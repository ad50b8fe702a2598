// Whether the files that a growth is made from are still those that it began with. Names, sizes and modification times
// prove nothing: another model may have the same. Inode and change time do; if these differ, the content decides.
import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { basename, join } from "node:path";
import { CONFIG_FILE, type ModelDirectory, SafetensorsFile } from "@cambium/checkpoint";
import { type FileState, openFile, sameState, settledState, withFileErrors } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { sumOf } from "./hashing/tensor-sum.js";

/** Samples of a file of weights, and the bytes of each: further training changes every one of them. */
const SAMPLES = 32;
const SAMPLE_BYTES = 8192;

/** A source as it was when it was opened. */
export interface SourceFiles {
  /** Its real path. */
  readonly place: string;
  /** By real path of the file. */
  readonly states: ReadonlyMap<string, FileState>;
}

/** Records the states of config, weights and `besides` (real paths). Call it before config and data are read. */
export async function lookAt(source: ModelDirectory, besides: readonly string[]): Promise<SourceFiles> {
  const place = await withFileErrors(source.path, () => realpath(source.path));
  const config = await withFileErrors(place, () => realpath(join(place, CONFIG_FILE)));
  const paths = [...new Set([config, ...source.shards.map(({ path }) => path), ...besides])];
  return {
    place,
    states: new Map(await Promise.all(paths.map(async (path) => [path, await settledState(path)] as const))),
  };
}

/** One text for all the states: equal texts, equal files. */
export function stateText({ states }: SourceFiles): string {
  return sha256(JSON.stringify([...states].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, state]) => state)));
}

/** The files that were changed or replaced since. */
export async function changedFiles({ states }: SourceFiles): Promise<string[]> {
  const changed: string[] = [];
  for (const [path, state] of states) {
    const now = await settledState(path).catch(() => undefined);
    if (now === undefined || !sameState(now, state)) changed.push(path);
  }
  return changed;
}

/** SHA-256 over samples of a file of weights: all of it if it is small. */
export async function sampleOf(shard: SafetensorsFile): Promise<string> {
  const hash = createHash("sha256");
  const piece = new Uint8Array(Math.min(SAMPLE_BYTES, shard.size));
  // The first sample is at the file's beginning, the last at its end.
  const step = (shard.size - piece.length) / (SAMPLES - 1);
  for (let i = 0; i < (step === 0 ? 1 : SAMPLES); i++) {
    await shard.readInto(piece, Math.floor(i * step));
    hash.update(piece);
  }
  return hash.digest("hex");
}

/** SHA-256 of a file beside the weights. */
export function contentOf(path: string): Promise<string> {
  return withFileErrors(path, async () => {
    await using handle = await openFile(path);
    const { size } = await handle.stat();
    const hash = createHash("sha256").update(`${size} `);
    const stream = handle.createReadStream({ start: 0, autoClose: false });
    for await (const chunk of stream as AsyncIterable<Uint8Array>) hash.update(chunk);
    return hash.digest("hex");
  });
}

/**
 * The tensors in `sums` (SHA-256 in hex) whose content in the files of `source` now differs.
 * @param only real paths of the files to be read
 */
export async function otherTensors(
  source: ModelDirectory,
  sums: Readonly<Record<string, string>>,
  only: (path: string) => boolean,
  { signal, progress }: { readonly signal?: AbortSignal | undefined; progress?(bytes: number): void } = {},
): Promise<string[]> {
  const others: string[] = [];
  for (const shard of source.shards) {
    if (!only(shard.path)) continue;
    await using now = await SafetensorsFile.open(shard.path);
    for (const [name, { byteLength }] of shard.tensors) {
      signal?.throwIfAborted();
      if (sums[name] === undefined) continue;
      const there = now.tensors.has(name) && (await sumOf(now, name)).sha256;
      if (there !== sums[name]) others.push(`${basename(shard.path)}: ${name}`);
      progress?.(byteLength);
    }
  }
  return others;
}

export function sourceChanged(where: string, what: readonly string[]): CambiumError {
  return new CambiumError("E_GROWTH_CHANGED", "the source was written to while it was read", {
    where,
    reasons: what.slice(0, 20).map((name) => ({ where: name, message: "is not what it was" })),
    hint: "give the same command again when nothing writes to it; nothing was published",
  });
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
