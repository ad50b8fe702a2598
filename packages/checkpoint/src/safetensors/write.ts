// Writes a safetensors file, one tensor at a time, never half there.

import { replaceFile, requireSpace } from "@cambium/files";
import { safetensorsChunks } from "./chunks.js";
import { layoutSafetensors, type SafetensorsLayout } from "./layout.js";
import { FileSink } from "./sink.js";
import type { TensorSource } from "./source.js";

export interface WriteSafetensorsOptions {
  /** Strings kept in the header; `transformers` asks for `{ format: "pt" }`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A file as it was written. */
export interface WrittenFile {
  readonly bytes: number;
  /** In hex; present if it was asked for. */
  readonly sha256?: string;
}

/**
 * Writes `tensors` to `path`, replacing a file there only once the new one is whole on the disk. Sources are asked
 * for their bytes one after another, in the order of the file; at most one is being read at a time.
 * @throws CambiumError `E_SAFETENSORS_LAYOUT`, `E_SHAPE`, `E_DISK_FULL` (before anything is written, where that can be
 *   foreseen), `E_READ_ONLY`, `E_PERMISSION`, …
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorSource>,
  { metadata = {} }: WriteSafetensorsOptions = {},
): Promise<WrittenFile> {
  return writeLayout(path, layoutSafetensors(tensors, metadata), false);
}

/** As {@link writeSafetensors}, for a layout already made. @param hashed whether to give its SHA-256 */
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
