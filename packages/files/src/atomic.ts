// Files and directories that are never half there. What survives a kill or a power cut at any instant:
// - `writeFileAtomic`, `replaceFile`: the path holds the old content or the new, whole and on the disk.
// - `replaceDirectory` where nothing (or an empty folder) stood: the path is as before, or whole.
// - `replaceDirectory` over a folder: the old, or the new, whole. Between its two renames the path is absent for an
//   instant while both stand complete beside it; `recoverDirectory` then puts the new one in place.
// A scratch sibling (`.NAME.ID.new`) may be left over; the next write to the same path removes it.
import { lstat, readlink, rename, rm } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { CambiumError } from "@cambium/ir";
import { freeBytes } from "./disk-space.js";
import { errnoOf, toFileError, withFileErrors } from "./file-errors.js";
import { exists, makeDirectory, sync, syncTree, withHandle } from "./flush.js";
import { listScratch, removeStaleScratch, scratchId, scratchPath } from "./scratch.js";

export interface AtomicOptions {
  /** Bytes about to be written, named when they do not fit. */
  readonly neededBytes?: number;
}

/**
 * Writes a whole file: scratch sibling, fsync, rename, fsync of the folder, which is made if absent.
 * @throws CambiumError `E_DISK_FULL`, `E_READ_ONLY`, `E_PERMISSION`, … naming `path`; the old file is then untouched.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const whole = typeof data === "string" || data instanceof Uint8Array;
  const write = async (scratch: string): Promise<void> =>
    withHandle(scratch, "wx", async (handle) => {
      // One after another at the handle's position.
      for await (const part of whole ? [data] : data) await handle.writeFile(part);
    });
  await replaceFile(path, write, whole ? { neededBytes: Buffer.byteLength(data) } : {});
}

/**
 * Replaces the file at `path` by the one `build` makes at the scratch path it is given.
 * @throws what `build` throws, or the errors of {@link writeFileAtomic}; the old file is then untouched.
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
 * Replaces the directory at `path` (absent, empty or full; a link is followed) by the one `build` fills.
 * All that stood in it before is removed once the new one is in place.
 * @throws what `build` throws, or the errors of {@link writeFileAtomic}; the old directory is then untouched.
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
      throw new CambiumError("E_EXISTS", "a file stands where a folder is to be written", { where: target });
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
 * Completes a directory replacement that a kill cut between its two renames. Cheap, and does nothing otherwise; a
 * replacement under way in a live process is left alone. For readers, before they find that `path` is absent.
 */
export async function recoverDirectory(path: string): Promise<void> {
  const target = await followLinks(path);
  if (await exists(target)) return;
  const siblings = await listScratch(dirname(target), (base) => base === basename(target));
  const left = siblings.filter(({ stale }) => stale);
  const aside = left.find(({ kind }) => kind === "old");
  if (aside === undefined) return;
  // An `old` exists only once its `new` is complete; without one, the swap had failed and was not yet undone.
  const built = left.find(({ kind, id }) => kind === "new" && id === aside.id);
  await withFileErrors(target, async () => {
    await rename((built ?? aside).path, target);
    await sync(dirname(target));
  });
}

async function swap(scratch: string, target: string, aside: string): Promise<void> {
  try {
    // POSIX lets a directory take the place of an absent or empty one in a single step.
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

/** Runs `work`; when it fails, removes `scratch` and gives the error its shape. */
async function guarded<T>(target: string, scratch: string, options: AtomicOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await rm(scratch, { recursive: true, force: true }).catch(() => undefined);
    const shaped = toFileError(error, target, { ...options, freeBytes: await freeBytes(dirname(target)) });
    throw relocated(shaped, scratch, target);
  }
}

/** An error about something in the scratch directory names the place it was meant for. */
function relocated(error: unknown, scratch: string, target: string): unknown {
  if (!(error instanceof CambiumError) || error.details.where?.startsWith(scratch) !== true) return error;
  const where = target + error.details.where.slice(scratch.length);
  return new CambiumError(error.code, error.summary, { ...error.details, where });
}

/** Where `path` leads, absolute, also when the directory a link names is absent for the instant of a swap. */
async function followLinks(path: string): Promise<string> {
  let target = resolve(path);
  // Linux gives up after 40 links as well.
  for (let hops = 0; hops < 40; hops++) {
    const link = await readlink(target).catch(() => undefined);
    if (link === undefined) return target;
    target = resolve(dirname(target), link);
  }
  throw new CambiumError("E_IO", "links lead in a circle", { where: path });
}
