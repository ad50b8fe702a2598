// Growing a model directory into another, streaming. What survives a kill or a power cut at any instant: the target is
// absent or whole; what was written stands in `.NAME.growing`, and the same request continues from there to the same
// bytes.
import { constants } from "node:fs";
import { copyFile, lstat, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CONFIG_FILE, INDEX_FILE } from "@cambium/checkpoint";
import { freeBytes, makeDirectory, sync, syncTree, toFileError, writeFileAtomic } from "@cambium/files";
import { blocksFor } from "./footprint.js";
import { GrowthHashes } from "./hashes.js";
import { clearJournal, growingPaths, type Journal, lockTarget, writeJournal } from "./journal.js";
import { examine, type Growth } from "./preflight.js";
import { modelCard, RECORD_FILE, type RecordedHashes, record } from "./record.js";
import type { GrowPreflight } from "./report.js";
import type { GrowOptions } from "./request.js";
import { verifyShards } from "./verify.js";
import { writeShard } from "./write-shard.js";

/** Bytes between two flushes: what a kill can cost. */
const FLUSH_BYTES = 256e6;

export interface GrowOutcome {
  /** `stopped`: by the signal; the same request continues. `cached`: this very growth was done before. */
  readonly state: "done" | "stopped" | "cached";
  readonly report: GrowPreflight;
}

/**
 * Grows the model in `from` into the directory `to`, which must be absent or empty. Memory is bounded by some hundred
 * megabytes, whatever the model's size; a tensor that is copied keeps its bytes.
 * @throws CambiumError as `preflightGrowth`; `E_GROWTH_BUSY`, `E_GROWTH_VERIFY`; `E_DISK_FULL` and other file errors,
 *   after which `to` is absent and the same request continues.
 */
export async function growDirectory(from: string, to: string, options: GrowOptions): Promise<GrowOutcome> {
  const target = resolve(to);
  await using growth = await examine(from, target, options, false);
  const { report } = growth;
  try {
    if (growth.done) {
      await clearJournal(target);
      return { state: await found(growth, target, options), report };
    }
    await makeDirectory(dirname(target));
    const release = await lockTarget(target);
    try {
      // Another process may have gone on between the pre-flight and the lock.
      const { journal, done } = await growth.standing();
      const state = done ? await found(growth, target, options) : await fill(growth, target, journal, options);
      return { state, report };
    } finally {
      await release();
    }
  } catch (error) {
    throw toFileError(error, target, { neededBytes: report.bytesOut, freeBytes: await freeBytes(dirname(target)) });
  }
}

/** A growth that was done before; to be verified, it is held against its source and its record gets the hashes. */
async function found(
  { source, prepared, report }: Growth,
  target: string,
  options: GrowOptions,
): Promise<"cached" | "stopped"> {
  if (!options.verify) return "cached";
  const hashes = await verifyShards(source, target, prepared.shards, report.bytesOut, options);
  if (options.signal?.aborted) return "stopped";
  await writeFileAtomic(join(target, RECORD_FILE), record(prepared, report, hashes));
  return "cached";
}

async function fill(
  growth: Growth,
  target: string,
  journal: Journal | undefined,
  options: GrowOptions,
): Promise<"done" | "stopped"> {
  const { source, prepared, report } = growth;
  const { scratch } = growingPaths(target);
  const { signal } = options;
  const safe = await standingBytes(scratch, journal?.files);
  const hashing = new GrowthHashes(source, journal?.hashes);
  // Verifying hashes everything itself.
  if (options.verify) await hashing.stop();
  // What is known beforehand is written while the weights are; its failure is told after theirs.
  const companions = writeCompanions(growth, scratch);
  companions.catch(() => undefined);
  let hashes: RecordedHashes;
  try {
    await writeShards(growth, target, { safe, hashing, begun: journal !== undefined }, options);
    hashes = options.verify
      ? await verifyShards(source, scratch, prepared.shards, report.bytesOut, options)
      : { tensors: await hashing.all(prepared.shards, scratch) };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return "stopped";
    throw error;
  } finally {
    await Promise.allSettled([companions, hashing.stop()]);
  }
  await companions;
  if (signal?.aborted) return "stopped";
  await writeFile(join(scratch, RECORD_FILE), record(prepared, report, hashes));
  await syncTree(scratch);
  await rename(scratch, target);
  await sync(dirname(target));
  await rm(growingPaths(target).journal, { force: true });
  return "done";
}

/** Everything but the weights and what is known once they are written. */
async function writeCompanions({ source, prepared, report }: Growth, scratch: string): Promise<void> {
  await Promise.all([
    writeFile(join(scratch, CONFIG_FILE), prepared.configText),
    ...(prepared.index === undefined ? [] : [writeFile(join(scratch, INDEX_FILE), prepared.index)]),
    ...source.files.map(({ name, from }) => copyFile(from, join(scratch, name), constants.COPYFILE_FICLONE)),
    writeFile(join(scratch, "README.md"), modelCard(report)),
  ]);
}

interface Sitting {
  /** Bytes by file name; grows. */
  readonly safe: Record<string, number>;
  readonly hashing: GrowthHashes;
  /** There is a journal. */
  readonly begun: boolean;
}

/** Writes what an earlier sitting has not written, and notes in the journal how far each file is safe. */
async function writeShards(
  growth: Growth,
  target: string,
  { safe, hashing, begun }: Sitting,
  options: GrowOptions,
): Promise<void> {
  const { source, prepared, report, identity } = growth;
  const { scratch } = growingPaths(target);
  const { signal, onProgress, flushBytes = FLUSH_BYTES } = options;
  // One write at a time; without a journal nothing counts as safe, so that the first one need not be waited for.
  const note = () => writeJournal(target, identity, { files: safe, hashes: hashing.known });
  let noted = begun ? Promise.resolve() : note();
  // Told by the next write, or at the end.
  noted.catch(() => undefined);
  const save = (file: string, bytes: number): Promise<void> => {
    noted = noted.then(() => {
      safe[file] = bytes;
      return note();
    });
    return noted;
  };
  const total = report.bytesOut;
  let done = Object.values(safe).reduce((sum, bytes) => sum + bytes, 0);
  onProgress?.({ phase: "write", done, total });
  const blocks = done < total ? blocksFor(total, flushBytes).make() : [];
  try {
    for (const { file, layout } of prepared.shards) {
      let last = safe[file] ?? 0;
      if (last === layout.fileSize) continue;
      await writeShard({
        ...{ source, layout, hashes: hashing, blocks, flushBytes, signal, from: last, path: join(scratch, file) },
        save: (end) => save(file, end),
        progress: (end) => {
          done += end - last;
          last = end;
          onProgress?.({ phase: "write", done, total });
        },
      });
      await sync(scratch);
      await save(file, layout.fileSize);
      signal?.throwIfAborted();
    }
  } finally {
    await Promise.allSettled([noted]);
  }
  await noted;
}

/** How much of each file is there of what the journal says is safe; without a journal nothing is. */
async function standingBytes(scratch: string, safe: Journal["files"] | undefined): Promise<Record<string, number>> {
  if (!safe) await rm(scratch, { recursive: true, force: true });
  await makeDirectory(scratch);
  const standing: Record<string, number> = {};
  for (const [file, bytes] of Object.entries(safe ?? {})) {
    const size = (await lstat(join(scratch, file)).catch(() => undefined))?.size ?? 0;
    if (size >= bytes) standing[file] = bytes;
  }
  return standing;
}
