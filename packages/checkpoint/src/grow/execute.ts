// Growing a model directory into another, streaming. What survives a kill or a power cut at any instant: the target is
// absent or whole; what was written stands in `.NAME.growing`, and the same request continues from there to the same
// bytes.
import { constants } from "node:fs";
import { copyFile, type FileHandle, lstat, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CambiumError } from "@cambium/ir";
import { makeDirectory, sync, syncTree } from "../atomic.js";
import { freeBytes, requireSpace } from "../disk-space.js";
import { toFileError } from "../file-errors.js";
import { CONFIG_FILE, INDEX_FILE } from "../model-directory/names.js";
import { type ModelDirectory, openModelDirectory } from "../model-directory/open.js";
import { clearJournal, growingPaths, lockTarget, readJournal, writeJournal } from "./journal.js";
import { type GrowPreflight, type GrowRequest, type Prepared, prepare } from "./preflight.js";
import { modelCard, RECORD_FILE, record } from "./record.js";
import { verifyShards } from "./verify.js";
import { writeShard } from "./write-shard.js";

/** Bytes between two flushes: what a kill can cost. The disk is kept at work while the next bytes are read. */
const FLUSH_BYTES = 256e6;

export interface GrowProgress {
  readonly phase: "write" | "verify";
  /** Bytes of weights done, what an earlier sitting did included. */
  readonly done: number;
  readonly total: number;
}

export interface GrowOptions extends GrowRequest {
  /** Before the target appears, read it and the source again and compare hashes tensor by tensor. */
  readonly verify?: boolean;
  /** Stops at the next block; what is done is kept. */
  readonly signal?: AbortSignal;
  onProgress?(progress: GrowProgress): void;
  /** Bytes between two flushes; default 256 · 10⁶. */
  readonly flushBytes?: number;
}

export interface GrowOutcome {
  /** `stopped`: by the signal; the same request continues. `cached`: this very growth was done before. */
  readonly state: "done" | "stopped" | "cached";
  readonly report: GrowPreflight;
}

/**
 * Grows the model in `from` into the directory `to`, which must be absent or empty. Memory is bounded by some tens of
 * megabytes, whatever the model's size; a tensor that is copied keeps its bytes.
 * @throws CambiumError as `preflightGrowth`; `E_EXISTS`, `E_GROWTH_UNFINISHED`, `E_GROWTH_BUSY`, `E_GROWTH_VERIFY`;
 *   `E_DISK_FULL` and other file errors, after which `to` is absent and the same request continues.
 */
export async function growDirectory(from: string, to: string, options: GrowOptions): Promise<GrowOutcome> {
  const target = resolve(to);
  await using source = await openModelDirectory(from);
  const prepared = await prepare(source, target, options);
  try {
    if (await standing(target, prepared)) return { state: "cached", report: prepared.report };
    await makeDirectory(dirname(target));
    const lock = await lockTarget(target);
    try {
      return { state: await fill(source, target, prepared, options), report: prepared.report };
    } finally {
      await lock.release();
    }
  } catch (error) {
    const space = { neededBytes: prepared.report.bytesOut, freeBytes: await freeBytes(dirname(target)) };
    throw toFileError(error, target, space);
  }
}

/** Whether `target` is this very growth. @throws CambiumError `E_EXISTS` for anything else that is not empty */
async function standing(target: string, { identity }: Prepared): Promise<boolean> {
  const there = await lstat(target).catch(() => undefined);
  if (!there) return false;
  const names = there.isDirectory() ? await readdir(target) : ["a file"];
  if (names.length === 0) return false;
  const text = await readFile(join(target, RECORD_FILE), "utf8").catch(() => "");
  if (text.includes(`"identity": "${identity}"`)) {
    await clearJournal(target);
    return true;
  }
  throw new CambiumError("E_EXISTS", "something is there already", {
    where: target,
    expected: "nothing, or an empty folder",
    got: names.slice(0, 5).join(", "),
    hint: "choose another path",
  });
}

async function fill(
  source: ModelDirectory,
  target: string,
  prepared: Prepared,
  options: GrowOptions,
): Promise<"done" | "stopped"> {
  const { scratch, journal } = growingPaths(target);
  const { shards, report } = prepared;
  // A source written to in between has other bytes under the same headers.
  const times = await Promise.all(source.shards.map(async ({ path }) => (await stat(path)).mtimeMs));
  const identity = `${prepared.identity} ${times.join(" ")}`;
  const { signal, onProgress, flushBytes = FLUSH_BYTES } = options;
  const before = await readJournal(target, identity);
  if (!before) await rm(scratch, { recursive: true, force: true });
  await makeDirectory(scratch);
  const safe: Record<string, number> = { ...before };
  for (const [file, bytes] of Object.entries(safe)) {
    const size = (await lstat(join(scratch, file)).catch(() => undefined))?.size ?? 0;
    if (size < bytes) delete safe[file];
  }
  let done = Object.values(safe).reduce((sum, bytes) => sum + bytes, 0);
  await requireSpace(scratch, report.bytesOut - done);
  if (!before) await writeJournal(target, identity, safe);
  const total = report.bytesOut;
  onProgress?.({ phase: "write", done, total });
  for (const { file, layout } of shards) {
    const from = safe[file] ?? 0;
    if (from === layout.fileSize) continue;
    let last = from;
    let begun = from;
    let flush: Promise<void> | undefined;
    const flushTo = async (end: number, handle: FileHandle): Promise<void> => {
      await handle.datasync();
      safe[file] = end;
      await writeJournal(target, identity, safe);
    };
    const progress = async (end: number, handle: FileHandle): Promise<void> => {
      done += end - last;
      last = end;
      onProgress?.({ phase: "write", done, total });
      if (end - begun < flushBytes && !signal?.aborted) return;
      begun = end;
      await flush;
      flush = flushTo(end, handle);
      // Awaited before the next one, or when the shard ends.
      flush.catch(() => undefined);
      if (signal?.aborted) await flush;
      signal?.throwIfAborted();
    };
    const finish = async (): Promise<void> => flush;
    try {
      await writeShard({ source, path: join(scratch, file), layout, from, progress, finish });
    } catch (error) {
      if (signal?.aborted && error === signal.reason) return "stopped";
      throw error;
    }
    safe[file] = layout.fileSize;
    await sync(scratch);
    await writeJournal(target, identity, safe);
  }
  const hashes = options.verify ? await verifyShards(source, scratch, shards, total, options) : undefined;
  if (signal?.aborted) return "stopped";
  await writeFile(join(scratch, CONFIG_FILE), prepared.configText);
  if (prepared.index !== undefined) await writeFile(join(scratch, INDEX_FILE), prepared.index);
  for (const { name, from } of source.files) await copyFile(from, join(scratch, name), constants.COPYFILE_FICLONE);
  await writeFile(join(scratch, "README.md"), modelCard(prepared));
  await writeFile(join(scratch, RECORD_FILE), record(prepared, hashes));
  await syncTree(scratch);
  await rename(scratch, target);
  await sync(dirname(target));
  await rm(journal, { force: true });
  return "done";
}
