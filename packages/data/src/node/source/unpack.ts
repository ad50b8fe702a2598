// Decompresses gzip and zstd, recognised by the first bytes. Errors name the byte of the compressed file.
import { pipeline, Readable } from "node:stream";
import * as zlib from "node:zlib";
import { CambiumError } from "@cambium/ir";
import { ZstdFrames } from "./zstd-frames.js";
import { Unzstd, zstdLibrary } from "./zstd-library.js";

export type Chunks = AsyncIterable<Uint8Array>;

/** The decompressor for the file at `path`, by its first bytes. */
export function unpackerOf(head: Uint8Array, path: string): (chunks: Chunks) => Chunks {
  const begin = Buffer.from(head.subarray(0, 4)).toString("hex");
  if (begin.startsWith("1f8b")) return (chunks) => streamed(zlib.createGunzip(), chunks, path);
  // A file may begin with skippable frames.
  if (begin !== "28b52ffd" && !/^5.2a4d18$/.test(begin)) return (chunks) => chunks;
  // Node has it since 22.15.
  if (!("createZstdDecompress" in zlib)) return (chunks) => zstdByLibrary(chunks, path);
  const { createZstdDecompress } = zlib as typeof zlib & { createZstdDecompress(): zlib.Gunzip };
  return (chunks) => streamed(createZstdDecompress(), followed(chunks, path), path);
}

/** The same chunks, with truncated frames refused: Node's stream takes the end of a file for the end of a frame. */
async function* followed(chunks: Chunks, path: string): AsyncGenerator<Uint8Array> {
  const frames = new ZstdFrames(path);
  for await (const chunk of chunks) {
    for (const { bytes } of frames.pieces(chunk)) yield bytes;
  }
  frames.end();
}

async function* streamed(stream: zlib.Gunzip, chunks: Chunks, path: string): AsyncGenerator<Uint8Array> {
  // Copies: the stream keeps chunks while the next one is read.
  const copies = async function* () {
    for await (const chunk of chunks) yield Buffer.from(chunk);
  };
  // Its errors also reach `stream`, which is destroyed with them, so the callback ignores them.
  pipeline(Readable.from(copies()), stream, () => undefined);
  try {
    yield* stream;
  } catch (cause) {
    if (cause instanceof CambiumError) throw cause;
    throw damaged(path, stream.bytesWritten, cause);
  }
}

async function* zstdByLibrary(chunks: Chunks, path: string): AsyncGenerator<Uint8Array> {
  const frames = new ZstdFrames(path);
  using unpack = new Unzstd(await zstdLibrary());
  for await (const chunk of chunks) {
    for (const { bytes, ends } of frames.pieces(chunk)) {
      try {
        yield* unpack.push(bytes);
        if (ends && !unpack.ended) throw new Error("the frame has less content than it states");
      } catch (cause) {
        throw damaged(path, frames.frame, cause);
      }
    }
  }
  frames.end();
}

function damaged(path: string, at: number, cause: unknown): CambiumError {
  return new CambiumError("E_CORPUS_FORMAT", "this compressed file is damaged", {
    where: `${path}, byte ${at}`,
    got: (cause as Error).message,
    hint: "write or fetch it again",
    cause,
  });
}
