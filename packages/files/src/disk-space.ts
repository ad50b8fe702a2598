// Free disk space, checked before a long write starts.
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { CambiumError } from "@cambium/ir";

/** Bytes free to this user on the file system of `path` or its nearest existing parent; undefined if unknown. */
export async function freeBytes(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize, blocks } = await statfs(path);
    // Some network and virtual file systems report all zeros.
    return blocks === 0 ? undefined : bavail * bsize;
  } catch {
    const parent = dirname(path);
    return parent === path ? undefined : freeBytes(parent);
  }
}

/** @throws CambiumError `E_DISK_FULL` if the file system of `path` has fewer than `bytes` free. */
export async function requireSpace(path: string, bytes: number): Promise<void> {
  const free = await freeBytes(path);
  if (free === undefined || free >= bytes) return;
  throw new CambiumError("E_DISK_FULL", "there is not enough space on the disk", {
    where: path,
    expected: `${bytes} bytes free`,
    got: `${free} bytes free`,
    hint: "free some space, or write somewhere else; nothing was written",
  });
}
