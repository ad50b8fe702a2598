// Flushes files and folders to disk, so that they survive a power cut.
import { type FileHandle, lstat, mkdir, open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CambiumError } from "@cambium/ir";
import { errnoOf } from "./file-errors.js";

/**
 * Creates a directory and its parents, so that they survive a power cut. Does not use `mkdir` with `recursive`, which
 * reports ENOENT on a read-only disk.
 */
export async function makeDirectory(path: string): Promise<void> {
  if (await exists(path)) return;
  await makeDirectory(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return;
    throw error;
  }
  await sync(dirname(path));
}

/** Flushes a folder with everything in it. */
export async function syncTree(dir: string): Promise<void> {
  const entries = await readdir(dir, { withFileTypes: true });
  // All at once, so that the file system's journal can commit them together.
  await Promise.all(
    entries.map(async (entry) => {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) return syncTree(path);
      if (entry.isFile()) return sync(path);
      throw new CambiumError("E_NOT_A_FILE", "only files and folders can be written", { where: path });
    }),
  );
  await sync(dir);
}

/** Flushes a file or directory to the disk. */
export async function sync(path: string): Promise<void> {
  if (process.platform === "win32") return syncOnWindows(path);
  await withHandle(path, "r", (handle) => handle.sync());
}

/** Windows flushes only writable handles, and has none for directories. */
async function syncOnWindows(path: string): Promise<void> {
  try {
    await withHandle(path, "r+", (handle) => handle.sync());
  } catch (error) {
    if (!["EISDIR", "EPERM", "EACCES"].includes(errnoOf(error) ?? "")) throw error;
  }
}

export async function withHandle<T>(path: string, flags: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path, flags);
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}

export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
