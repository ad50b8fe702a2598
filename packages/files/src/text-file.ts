// Reads whole small text files safely: the path may be a named pipe, a device, a folder, gigabytes, or not text. Every
// reader of a configuration, an index, a manifest, a recipe or a tokenizer uses it.
import { constants, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { CambiumError } from "@cambium/ir";
import { withFileErrors } from "./file-errors.js";

/** A limit far above the size of files that people write by hand, bytes. */
export const smallFileBytes = 16_000_000;

/**
 * The text of the regular file `path`, without a byte order mark. Never waits for a writer, as reading a named pipe
 * would.
 * @throws CambiumError `E_NOT_A_FILE` for anything but a regular file, `E_TOO_LARGE` above `maxBytes`, `E_UTF8` for
 * bytes that are not text, `E_NOT_FOUND`, `E_PERMISSION`, …
 */
export async function readTextFile(path: string, maxBytes = smallFileBytes): Promise<string> {
  return withFileErrors(path, async () => {
    const handle = await openFile(path);
    try {
      const entry = await handle.stat();
      if (entry.size > maxBytes) throw tooLarge(path, maxBytes, `${entry.size} bytes`);
      return decodeUtf8(await readAtMost(handle, maxBytes, path), path);
    } finally {
      await handle.close();
    }
  });
}

/**
 * Opens the regular file `path` for reading. Never waits for a writer, as opening a named pipe would.
 * @throws CambiumError `E_NOT_A_FILE` for anything but a regular file, `E_NOT_FOUND`, `E_PERMISSION`, …
 */
export async function openFile(path: string): Promise<FileHandle> {
  return withFileErrors(path, async () => {
    // Windows has neither the flag nor named pipes in the file system.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      requireFile(await handle.stat(), path);
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  });
}

/** As `readTextFile`, but undefined if nothing exists at `path`. */
export async function readTextFileIfThere(path: string, maxBytes?: number): Promise<string | undefined> {
  try {
    return await readTextFile(path, maxBytes);
  } catch (error) {
    if (error instanceof CambiumError && error.code === "E_NOT_FOUND") return undefined;
    throw error;
  }
}

function requireFile(entry: Stats, path: string): void {
  if (entry.isFile()) return;
  const kinds: readonly (readonly [boolean, string])[] = [
    [entry.isDirectory(), "a folder"],
    [entry.isFIFO(), "a named pipe"],
    [entry.isSocket(), "a socket"],
    [entry.isCharacterDevice() || entry.isBlockDevice(), "a device"],
  ];
  const got = kinds.find(([is]) => is)?.[1] ?? "something else";
  throw new CambiumError("E_NOT_A_FILE", `this is ${got}, not a file`, {
    where: path,
    expected: "a regular file",
    got,
  });
}

/** Counts the bytes that are read: files in `/proc` report a size of 0, and a file may grow while it is read. */
async function readAtMost(handle: FileHandle, maxBytes: number, path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of handle.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(path, maxBytes, `more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(where: string, maxBytes: number, got: string): CambiumError {
  const expected = `at most ${maxBytes} bytes`;
  return new CambiumError("E_TOO_LARGE", "this file is far larger than any of its kind", { where, expected, got });
}

function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new CambiumError("E_UTF8", "this file is not UTF-8 text", { where });
  }
}
