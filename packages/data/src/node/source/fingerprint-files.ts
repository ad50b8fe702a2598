// The fingerprint of a corpus in files. It reads all bytes, so it also finds truncated files and missing columns before
// any token is made.
import { createHash } from "node:crypto";
import { CambiumError, type Reason } from "@cambium/ir";
import type { TextFormat } from "../../text-formats.js";
import { readChunks } from "./files.js";
import { checkParquet } from "./parquet.js";
import type { CorpusFile, ReadOptions } from "./reader.js";
import type { Fingerprint } from "./source.js";
import { ZstdFrames } from "./zstd-frames.js";

/** Most faults that are reported. */
const mostFaults = 20;

/**
 * SHA-256 over `identity` and the content of each file in order; paths do not count.
 * @throws CambiumError `E_CORPUS_FORMAT`, `E_CORPUS_FIELD`: a truncated zstd file, a file that is not Parquet or lacks
 * a column; up to 20 such files are named.
 */
export async function fingerprintFiles(
  files: readonly (CorpusFile & { readonly format: TextFormat })[],
  identity: object,
  options: ReadOptions,
  onBytes?: (bytesRead: number) => void,
): Promise<Fingerprint> {
  const all = createHash("sha256").update(JSON.stringify(identity));
  const digests: string[] = [];
  const faults: CambiumError[] = [];
  let before = 0;
  for (const { path, format } of files) {
    const one = createHash("sha256");
    try {
      if (format === "parquet") await checkParquet(path, options);
      for await (const chunk of followed(path)) {
        one.update(chunk);
        before += chunk.length;
        onBytes?.(before);
      }
    } catch (error) {
      if (!(error instanceof CambiumError) || !["E_CORPUS_FORMAT", "E_CORPUS_FIELD"].includes(error.code)) throw error;
      faults.push(error);
      if (faults.length === mostFaults) break;
    }
    const digest = one.digest();
    all.update(digest);
    digests.push(digest.toString("hex"));
  }
  if (faults.length > 0) throw together(faults);
  return { all: all.digest("hex"), files: digests };
}

/** The chunks of a file; a zstd file must consist of complete frames. */
async function* followed(path: string): AsyncGenerator<Uint8Array> {
  let frames: ZstdFrames | undefined;
  let first = true;
  for await (const chunk of readChunks(path)) {
    if (first && Buffer.from(chunk.subarray(0, 4)).toString("hex") === "28b52ffd") frames = new ZstdFrames(path);
    first = false;
    if (frames) for (const _ of frames.pieces(chunk));
    yield chunk;
  }
  frames?.end();
}

function together(faults: readonly CambiumError[]): CambiumError {
  const [first] = faults as [CambiumError];
  if (faults.length === 1) return first;
  const reasons = faults.map(
    ({ summary: message, details: { where, expected, got } }): Reason => ({
      message,
      ...(where !== undefined && { where }),
      ...(expected !== undefined && { expected }),
      ...(got !== undefined && { got }),
    }),
  );
  const hint = first.details.hint;
  const count = faults.length === mostFaults ? `${mostFaults} or more` : String(faults.length);
  return new CambiumError(first.code, `${count} files of the corpus cannot be read`, {
    reasons,
    ...(hint !== undefined && { hint }),
    cause: first,
  });
}
