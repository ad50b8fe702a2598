// Where an attempt continues: what an earlier one wrote is read, and only unchanged bytes count.
import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeDirectory } from "@cambium/files";
import { isAligned } from "./block-file.js";
import type { Growth } from "./dry-run.js";
import type { KnownHashes } from "./hashing/hashes.js";
import type { TensorSum } from "./hashing/summing.js";
import { sumOf } from "./hashing/tensor-sum.js";
import { type Mark, standingSums, type WrittenSums } from "./hashing/written-sums.js";
import { growingPaths, type Journal, JournalWriter } from "./journal.js";
import type { GrowOptions } from "./request.js";

export interface Resumed {
  /** Sums of what is there already, by file name; updated as files are written. */
  readonly written: Map<string, WrittenSums>;
  readonly hashes: KnownHashes;
  readonly journal: JournalWriter;
}

/**
 * Reads what `begun` lists, starts a new journal with the sound part of it, and removes the rest.
 * The journal is on the disk before anything of the growth is: a scratch folder is never without one.
 * @throws the signal's reason, file errors
 */
export async function resume(
  growth: Growth,
  target: string,
  begun: Journal | undefined,
  options: GrowOptions,
): Promise<Resumed> {
  const { scratch } = growingPaths(target);
  const written = new Map<string, WrittenSums>();
  const marks = new Map<string, Mark[]>();
  if (begun) await readStanding(growth, scratch, begun, { written, marks }, options);
  const hashes = begun?.unproved
    ? await prove(growth, { written, marks }, options)
    : (begun?.hashes ?? { copied: {}, computed: {} });
  const journal = await JournalWriter.begin(target, { head: growth.wanted.head, marks, hashes });
  try {
    if (written.size === 0) await rm(scratch, { recursive: true, force: true });
    await makeDirectory(scratch);
    // Everything but the shards is written again.
    for (const name of await readdir(scratch))
      if (!written.has(name)) await rm(join(scratch, name), { recursive: true, force: true });
  } catch (error) {
    await journal[Symbol.asyncDispose]();
    throw error;
  }
  return { written, hashes, journal };
}

interface Found {
  readonly written: Map<string, WrittenSums>;
  readonly marks: Map<string, Mark[]>;
}

/**
 * Keeps of `found` only the files whose tensors match the source as it is now.
 * @returns the source's sums, for later
 */
async function prove(
  { source, prepared }: Growth,
  { written, marks }: Found,
  { signal }: GrowOptions,
): Promise<KnownHashes> {
  const copied: Record<string, TensorSum> = {};
  for (const { file, layout } of prepared.shards) {
    const sums = written.get(file);
    let sound = sums?.position === layout.fileSize;
    for (const { name, source: made } of layout.tensors) {
      if (!sound) break;
      signal?.throwIfAborted();
      const from = made.copyOf as string;
      copied[from] ??= await sumOf(source.shardOf(from), from);
      sound = copied[from].crc === sums?.tensors.get(name);
    }
    if (sound) continue;
    written.delete(file);
    marks.delete(file);
  }
  return { copied, computed: {} };
}

async function readStanding(
  { prepared, report }: Growth,
  scratch: string,
  begun: Journal,
  found: Found,
  { signal, onProgress }: GrowOptions,
): Promise<void> {
  let done = 0;
  const progress = (bytes: number): void => {
    done += bytes;
    onProgress?.({ phase: "check", done, total: report.bytesDone });
  };
  for (const { file, layout } of prepared.shards) {
    const fit = ({ end }: Mark) => end === layout.fileSize || (end < layout.fileSize && isAligned(end));
    const noted = (begun.marks.get(file) ?? []).filter(fit).sort((a, b) => a.end - b.end);
    const path = join(scratch, file);
    const there = noted.length > 0 ? await lstat(path).catch(() => undefined) : undefined;
    if (!there?.isFile() || there.nlink > 1) continue;
    const sums = await standingSums(path, layout, noted, { signal, progress });
    if (!sums || (sums.position === layout.fileSize && there.size !== layout.fileSize)) continue;
    found.written.set(file, sums);
    found.marks.set(
      file,
      noted.filter(({ end }) => end <= sums.position),
    );
  }
}
