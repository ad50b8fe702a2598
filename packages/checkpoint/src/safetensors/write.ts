// Writes a safetensors file atomically, one tensor at a time.

import { replaceFile, requireSpace } from "@cambium/files";
import { safetensorsChunks } from "./chunks.js";
import { layoutSafetensors, type SafetensorsLayout } from "./layout.js";
import { FileSink } from "./sink.js";
import type { TensorSource } from "./source.js";

export interface WriteSafetensorsOptions {
  /** Strings in the header; `transformers` requires `{ format: "pt" }`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A file that was written. */
export interface WrittenFile {
  readonly bytes: number;
  /** In hex; present if requested. */
  readonly sha256?: string;
}

/**
 * Writes `tensors` to `path`. An old file is replaced only once the new one is complete on disk. Sources are read one
 * after another, in the order of the file.
 * @throws CambiumError `E_SAFETENSORS_LAYOUT`, `E_SHAPE`, `E_DISK_FULL` (before writing, if it can be foreseen),
 *   `E_READ_ONLY`, `E_PERMISSION`, …
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorSource>,
  { metadata = {} }: WriteSafetensorsOptions = {},
): Promise<WrittenFile> {
  return writeLayout(path, layoutSafetensors(tensors, metadata), false);
}

/** As {@link writeSafetensors}, for an existing layout. @param hashed whether to compute the file's SHA-256. */
export async function writeLayout(
  path: string,
  layout: SafetensorsLayout<TensorSource>,
  hashed: boolean,
): Promise<WrittenFile> {
  const bytes = layout.fileSize;
  await requireSpace(path, bytes);
  return replaceFile(
    path,
    (scratch) =>
      FileSink.write(scratch, hashed, async (sink) => {
        for await (const chunk of safetensorsChunks(layout)) await sink.add(chunk);
        await sink.flush();
        return hashed ? { bytes, sha256: sink.digest() } : { bytes };
      }),
    { neededBytes: bytes },
  );
}
