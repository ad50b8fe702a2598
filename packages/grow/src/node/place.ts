// Where a thread reads a tensor of the source. Threads of one process share the descriptors of open files.
import { readSync } from "node:fs";
import type { ModelDirectory, TensorEntry } from "@cambium/checkpoint";
import { toFileError } from "@cambium/files";
import { CambiumError } from "@cambium/ir";

/** The entry of a tensor, and the open file that holds it. */
export interface Place {
  readonly entry: TensorEntry;
  readonly path: string;
  readonly fd: number;
}

/** Where another thread can read the tensor `name`. */
export function placeOf(source: ModelDirectory, name: string): Place {
  const shard = source.shardOf(name);
  return { entry: shard.entry(name), path: shard.path, fd: shard.fd };
}

/**
 * Fills `out` with a tensor's bytes from its byte `start` on.
 * @throws CambiumError `E_SAFETENSORS_TRUNCATED`, `E_IO`, …
 */
export function readPlace({ fd, path, entry }: Place, start: number, out: Uint8Array): void {
  for (let done = 0; done < out.length; ) {
    const count = readPart(path, fd, out, done, entry.offset + start + done);
    if (count === 0)
      throw new CambiumError("E_SAFETENSORS_TRUNCATED", "this file was cut short while it was being read", {
        where: path,
      });
    done += count;
  }
}

function readPart(path: string, fd: number, out: Uint8Array, done: number, from: number): number {
  try {
    return readSync(fd, out, done, out.length - done, from);
  } catch (error) {
    throw toFileError(error, path);
  }
}
