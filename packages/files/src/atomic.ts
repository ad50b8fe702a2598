// Atomic writes of files and directories. After a kill or a power cut at any instant:
// - `writeFileAtomic`, `replaceFile`: the path has the complete old content or the complete new content, on disk.
// - `replaceDirectory` where there was nothing, or an empty folder: the path is as before, or complete.
// - `replaceDirectory` over a folder: the path is the old folder or the new one, complete. Between its two renames
//   the path is missing for an instant while both folders are complete beside it; `recoverDirectory` then puts the new
//   one in place. A scratch sibling (`.NAME.ID.new`) may be left over; the next write to the same path removes it.
import { lstat, readlink, rename, rm } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { CambiumError } from "@cambium/ir";
import { freeBytes } from "./disk-space.js";
import { errnoOf, toFileError, withFileErrors } from "./file-errors.js";
import { exists, makeDirectory, sync, syncTree, withHandle } from "./flush.js";
import { listScratch, removeStaleScratch, scratchId, scratchPath } from "./scratch.js";

export interface AtomicOptions {
  /** Bytes about to be written, for the error if they do not fit. */
  readonly neededBytes?: number;
}

/**
 * Writes a whole file: scratch sibling, fsync, rename, fsync of the folder, which is created if missing.
 * @throws CambiumError `E_DISK_FULL`, `E_READ_ONLY`, `E_PERMISSION`, … naming `path`; the old file is then untouched.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const whole = typeof data === "string" || data instanceof Uint8Array;
  const write = async (scratch: string): Promise<void> =>
    withHandle(scratch, "wx", async (handle) => {
      // Appends each part at the handle's position.
      for await (const part of whole ? [data] : data) await handle.writeFile(part);
    });
  await replaceFile(path, write, whole ? { neededBytes: Buffer.byteLength(data) } : {});
}

/**
 * Replaces the file at `path` by the one that `build` makes at the scratch path it gets.
 * @throws whatever `build` throws, or the errors of {@link writeFileAtomic}; the old file is then untouched.
 */
export async function replaceFile<T>(
  path: string,
  build: (scratch: string) => Promise<T>,
  options: AtomicOptions = {},
): Promise<T> {
  const target = resolve(path);
  const scratch = scratchPath(target, scratchId(), "new");
  return guarded(target, scratch, options, async () => {
    await makeDirectory(dirname(target));
    await removeStaleScratch(dirname(target), (base) => base === basename(target));
    const result = await build(scratch);
    await sync(scratch);
    await rename(scratch, target);
    await sync(dirname(target));
    return result;
  });
}

/**
 * Replaces the directory at `path` (missing, empty or not; a link is followed) by the one that `build` fills. The old
 * content is removed once the new directory is in place.
 * @throws whatever `build` throws, or the errors of {@link writeFileAtomic}; the old directory is then untouched.
 */
export async function replaceDirectory<T>(
  path: string,
  build: (scratch: string) => Promise<T>,
  options: AtomicOptions = {},
): Promise<T> {
  await recoverDirectory(path);
  const target = await followLinks(path);
  const id = scratchId();
  const scratch = scratchPath(target, id, "new");
  return guarded(target, scratch, options, async () => {
    const standing = await lstat(target).catch(() => undefined);
    if (standing !== undefined && !standing.isDirectory()) {
      throw new CambiumError("E_EXISTS", "a folder cannot be written here: there is a file", { where: target });
    }
    await removeStaleScratch(dirname(target), (base) => base === basename(target));
    await makeDirectory(scratch);
    const result = await build(scratch);
    await syncTree(scratch);
    await swap(scratch, target, scratchPath(target, id, "old"));
    return result;
  });
}

/**
 * Completes a directory replacement that was killed between its two renames. Otherwise it does nothing, and is cheap. A
 * replacement under way in a live process is left alone. Readers call it before they conclude that `path` is missing.
 */
export async function recoverDirectory(path: string): Promise<void> {
  const target = await followLinks(path);
  if (await exists(target)) return;
  const siblings = await listScratch(dirname(target), (base) => base === basename(target));
  const left = siblings.filter(({ stale }) => stale);
  const aside = left.find(({ kind }) => kind === "old");
  if (aside === undefined) return;
  // An `old` exists only once its `new` is complete. An `old` without `new` is a failed swap that was not undone yet.
  const built = left.find(({ kind, id }) => kind === "new" && id === aside.id);
  await withFileErrors(target, async () => {
    await rename((built ?? aside).path, target);
    await sync(dirname(target));
  });
}

async function swap(scratch: string, target: string, aside: string): Promise<void> {
  try {
    // POSIX renames a directory over a missing or empty one in a single step.
    await rename(scratch, target);
    await sync(dirname(target));
    return;
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST", "EPERM"].includes(errnoOf(error) ?? "")) throw error;
  }
  await rename(target, aside);
  try {
    await sync(dirname(target));
    await rename(scratch, target);
  } catch (error) {
    await rename(aside, target);
    throw error;
  }
  await sync(dirname(target));
  await rm(aside, { recursive: true, force: true });
}

/** Runs `work`. If it fails, removes `scratch` and turns file errors into CambiumErrors. */
async function guarded<T>(target: string, scratch: string, options: AtomicOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await rm(scratch, { recursive: true, force: true }).catch(() => undefined);
    const shaped = toFileError(error, target, { ...options, freeBytes: await freeBytes(dirname(target)) });
    throw relocated(shaped, scratch, target);
  }
}

/** An error about a path in `scratch`, changed to name the path in `target`. */
function relocated(error: unknown, scratch: string, target: string): unknown {
  if (!(error instanceof CambiumError) || error.details.where?.startsWith(scratch) !== true) return error;
  const where = target + error.details.where.slice(scratch.length);
  return new CambiumError(error.code, error.summary, { ...error.details, where });
}

/** The absolute path that `path` links to, even if that is missing for the instant of a swap. */
async function followLinks(path: string): Promise<string> {
  let target = resolve(path);
  // The limit of Linux.
  for (let hops = 0; hops < 40; hops++) {
    const link = await readlink(target).catch(() => undefined);
    if (link === undefined) return target;
    target = resolve(dirname(target), link);
  }
  throw new CambiumError("E_IO", "links form a loop", { where: path });
}
