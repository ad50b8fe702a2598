// The files of a corpus: listed in a fixed order, identified by their state, hashed and read in bounded chunks.
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { openFile, withFileErrors } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { SourceState } from "./source.js";

const CHUNK_BYTES = 256 * 1024;

/** The contents of a file, chunk by chunk; each chunk reuses the memory of the one before. */
export async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  const handle = await openFile(path);
  try {
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await withFileErrors(path, () => handle.read(buffer, 0, CHUNK_BYTES, null));
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/**
 * Whether `path` is a folder, and not a file. @throws CambiumError `E_NOT_A_FILE` for a pipe or a device; file errors.
 */
export async function isFolder(path: string): Promise<boolean> {
  const found = await withFileErrors(path, () => stat(path));
  if (found.isDirectory() || found.isFile()) return found.isDirectory();
  throw new CambiumError("E_NOT_A_FILE", "a file or a folder is expected here", { where: path });
}

/** Whether `path` is a file or a link to one; false if nothing is there. */
async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}

/** The contents of a folder. */
export interface Listing {
  /** Files, as paths relative to the folder with `/`, in order of their UTF-16 units. */
  readonly names: readonly string[];
  /** Hidden entries, links that do not lead to a file, and entries that are neither file nor folder. */
  readonly others: readonly string[];
}

/**
 * The files under `folder`. Hidden entries are left out. Links to files are followed; links to folders are not, as they
 * may lead in a circle.
 */
export async function listFiles(folder: string): Promise<Listing> {
  const names: string[] = [];
  const others: string[] = [];
  const visit = async (prefix: string): Promise<void> => {
    const here = join(folder, prefix);
    for (const entry of await withFileErrors(here, () => readdir(here, { withFileTypes: true }))) {
      const path = `${prefix}${entry.name}`;
      const target = join(folder, path);
      if (entry.name.startsWith(".")) others.push(entry.isDirectory() ? `${path}/` : path);
      else if (entry.isDirectory()) await visit(`${path}/`);
      else if (entry.isFile() || (await isFile(target))) names.push(path);
      else others.push(path);
    }
  };
  await visit("");
  return { names: names.sort(), others };
}

/**
 * Sizes and times of `paths`, under a signature that also covers `options`.
 * @throws CambiumError `E_CORPUS_EMPTY` if all are empty.
 */
export async function filesState(paths: readonly string[], options: unknown, name: string): Promise<SourceState> {
  const hash = createHash("sha256").update(JSON.stringify(options));
  let bytes = 0;
  let changedAt = 0;
  for (const path of paths) {
    const found = await withFileErrors(path, () => stat(path, { bigint: true }));
    if (!found.isFile()) throw new CambiumError("E_NOT_A_FILE", "a file is expected here", { where: path });
    hash.update(
      JSON.stringify([path, ...[found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].map(String)]),
    );
    bytes += Number(found.size);
    changedAt = Math.max(changedAt, Number(found.mtimeMs), Number(found.ctimeMs));
  }
  if (bytes === 0) throw new CambiumError("E_CORPUS_EMPTY", "the corpus holds no text", { where: name });
  return { bytes, signature: hash.digest("hex"), changedAt };
}
