// Growing a model directory into another, streaming. What survives a kill or a power cut at any instant: the target is
// absent or whole; what was written is in `.NAME.growing`, and the same request continues from there to the same bytes.
// The target is made from what the source held when it was read, or there is no target.
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { freeBytes, makeDirectory, sync, syncTree, toFileError, writeFileAtomic } from "@cambium/files";
import { writeCompanions } from "./companions.js";
import { examine, type Growth } from "./dry-run.js";
import { requireTheseSources, requireUnchanged } from "./final-checks.js";
import { blocksFor } from "./footprint.js";
import { GrowthHashes, hashesInThread } from "./hashing/hashes.js";
import { type Mark, WrittenSums } from "./hashing/written-sums.js";
import { clearJournal, clearLeftovers, growingPaths, type Journal, type JournalWriter, lockTarget } from "./journal.js";
import { RECORD_FILE, type RecordedHashes, record } from "./record.js";
import type { GrowReport } from "./report.js";
import type { GrowOptions } from "./request.js";
import { requireWhole, resultSamples } from "./result-checks.js";
import { type Resumed, resume } from "./resume.js";
import type { RowMakers } from "./rows/make.js";
import { openRowMakers, threadsFor } from "./rows/makers.js";
import { leftover, strangers } from "./standing.js";
import { verifyShards } from "./verify.js";
import { writeShard } from "./write-shard.js";

/** Bytes between two flushes: what a kill can cost. */
const FLUSH_BYTES = 256e6;

export interface GrowOutcome {
  /** `interrupted`: by the signal; the same request continues. `cached`: this very growth was done before. */
  readonly state: "done" | "interrupted" | "cached";
  readonly report: GrowReport;
}

/**
 * Grows the model in `from` into the directory `to`, which must be absent or empty. Memory is bounded by some hundred
 * megabytes, whatever the model's size; a tensor that is copied keeps its bytes.
 * @throws CambiumError as `dryRunGrowth`; `E_GROWTH_BUSY`, `E_GROWTH_VERIFY`; `E_GROWTH_CHANGED` when the source was
 *   written to meanwhile; `E_DISK_FULL` and other file errors, after which `to` is absent and the same request continues.
 */
export async function growDirectory(from: string, to: string, options: GrowOptions): Promise<GrowOutcome> {
  const target = resolve(to);
  await using growth = await examine(from, target, options, false);
  const { report } = growth;
  try {
    if (growth.done) {
      await clearLeftovers(target);
      return { state: await found(growth, target, options), report };
    }
    await makeDirectory(dirname(target));
    const release = await lockTarget(target);
    try {
      // Another process may have continued between the dry run and the lock.
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

/**
 * Checks a growth that was done before. Its record tells which weights it was grown from; these are read, because they
 * may have changed since. With `verify` the growth itself is compared with them, and its record gets the hashes.
 */
async function found(growth: Growth, target: string, options: GrowOptions): Promise<"cached" | "interrupted"> {
  const { source, prepared, identity, report } = growth;
  try {
    await requireWhole(growth, target, options);
    await requireTheseSources(growth, target, options);
    if (!options.verify) return "cached";
    await using makers = openRowMakers(source, threadsFor(prepared.tensors, options.threads));
    const hashes = await verifyShards(source, target, prepared.shards, makers, report.bytesOut, options);
    if (options.signal?.aborted) return "interrupted";
    const samples = await resultSamples(growth, target);
    await writeFileAtomic(join(target, RECORD_FILE), record(identity, report, hashes, samples));
    return "cached";
  } catch (error) {
    if (options.signal?.aborted && error === options.signal.reason) return "interrupted";
    throw error;
  }
}

async function fill(
  growth: Growth,
  target: string,
  begun: Journal | undefined,
  options: GrowOptions,
): Promise<"done" | "interrupted"> {
  const { source, prepared, identity, report, wanted } = growth;
  const { scratch } = growingPaths(target);
  const { signal } = options;
  const interrupted = (error: unknown): boolean => signal?.aborted === true && error === signal.reason;
  let hashes: RecordedHashes;
  try {
    // Its thread starts while the journal is read and flushed.
    await using hashing = new GrowthHashes(source, !options.verify && hashesInThread(report.bytesIn, options.threads));
    // Verifying hashes everything itself.
    if (options.verify) await hashing.stop();
    const attempt = await resume(growth, target, begun, options);
    hashing.continue(attempt.hashes);
    await using journal = attempt.journal;
    await using makers = openRowMakers(source, threadsFor(prepared.tensors, options.threads));
    // Files known beforehand are written in parallel with the weights; their failure is reported after the weights'.
    const companions = writeCompanions(growth, scratch);
    companions.catch(() => undefined);
    try {
      await writeShards(growth, scratch, { ...attempt, hashing, journal, makers }, options);
      hashes = options.verify
        ? await verifyShards(source, scratch, prepared.shards, makers, report.bytesOut, options)
        : { tensors: await hashing.all(prepared.shards, scratch, attempt.written) };
    } finally {
      await Promise.allSettled([companions]);
    }
    await companions;
    signal?.throwIfAborted();
    await requireUnchanged(growth, scratch, hashes.tensors, options);
  } catch (error) {
    if (interrupted(error)) return "interrupted";
    if ((error as { code?: unknown }).code === "E_GROWTH_CHANGED") {
      // Some of it comes from the source's old content, so none of it can be used.
      await rm(scratch, { recursive: true, force: true });
      await clearJournal(target);
    }
    throw error;
  }
  await writeFile(join(scratch, RECORD_FILE), record(identity, report, hashes, await resultSamples(growth, scratch)));
  const strange = await strangers(scratch, wanted.names);
  if (strange.length > 0) throw leftover(scratch, strange, undefined);
  await syncTree(scratch);
  await rename(scratch, target);
  await sync(dirname(target));
  await clearJournal(target);
  return "done";
}

interface Attempt extends Resumed {
  readonly hashing: GrowthHashes;
  readonly journal: JournalWriter;
  readonly makers: RowMakers;
}

/** Writes what earlier attempts have not written, and notes in the journal how far each file is safe. */
async function writeShards(
  { source, prepared, report }: Growth,
  scratch: string,
  { written, hashing, journal, makers }: Attempt,
  { signal, onProgress, flushBytes = FLUSH_BYTES }: GrowOptions,
): Promise<void> {
  let noted = Promise.resolve();
  const save = (file: string, mark: Mark): Promise<void> => {
    noted = noted.then(() => journal.note({ file, mark, ...hashing.takeFresh() }));
    // Reported by the next write, or at the end.
    noted.catch(() => undefined);
    return noted;
  };
  const total = report.bytesOut;
  let done = [...written.values()].reduce((sum, { position }) => sum + position, 0);
  onProgress?.({ phase: "write", done, total });
  const blocks = done < total ? blocksFor(total, flushBytes).make() : [];
  try {
    for (const { file, layout } of prepared.shards) {
      const sums = written.get(file) ?? new WrittenSums(layout);
      written.set(file, sums);
      let last = sums.position;
      if (last === layout.fileSize) continue;
      const path = join(scratch, file);
      // A symbolic or hard link must not be written through.
      if (last === 0) await rm(path, { force: true });
      await writeShard({
        ...{ source, layout, makers, hashes: hashing, sums, blocks, flushBytes, signal, path },
        save: (mark) => save(file, mark),
        progress: (end) => {
          done += end - last;
          last = end;
          onProgress?.({ phase: "write", done, total });
        },
      });
      await sync(scratch);
      await save(file, sums.mark);
      signal?.throwIfAborted();
    }
  } finally {
    await Promise.allSettled([noted]);
  }
  await noted;
}
