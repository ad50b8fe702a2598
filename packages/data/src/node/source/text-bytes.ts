// The bytes of a file as UTF-8: gzip and zstd are unpacked and UTF-16 is converted, told by how the file begins.
import { pipeline, Readable } from "node:stream";
import { TextDecoder } from "node:util";
import * as zlib from "node:zlib";
import { CambiumError } from "@cambium/ir";
import { readChunks } from "./files.js";
import { checkSignature } from "./format.js";

/** One reading of a file. */
export class TextBytes {
  #bytesRead = 0;

  constructor(readonly path: string) {}

  /** Bytes of the file that were read so far, packed as they are. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /**
   * The contents, chunk by chunk; a chunk's memory may be used again for the next.
   * @throws CambiumError `E_CORPUS_FORMAT` for what is not text or is damaged, `E_UTF8` for broken UTF-16; file errors.
   */
  async *chunks(): AsyncGenerator<Uint8Array> {
    const unpack = await this.#unpacker();
    let utf16: TextDecoder | undefined;
    let first = true;
    for await (const chunk of unpack(this.#counted())) {
      if (first) {
        first = false;
        utf16 = utf16Of(chunk);
        if (utf16 === undefined) checkSignature(chunk, this.path);
      }
      yield utf16 === undefined ? chunk : this.#converted(utf16, chunk);
    }
    if (utf16) yield this.#converted(utf16);
  }

  /** What unpacks the file: most files are not packed. */
  async #unpacker(): Promise<(chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>> {
    const head = await firstBytes(this.path);
    if (head.startsWith("1f8b")) return (chunks) => this.#unpacked(zlib.createGunzip(), chunks);
    if (!head.startsWith("28b52ffd")) return (chunks) => chunks;
    // Node has it since 22.15.
    if ("createZstdDecompress" in zlib) {
      const { createZstdDecompress } = zlib as typeof zlib & { createZstdDecompress(): zlib.Gunzip };
      return (chunks) => this.#unpacked(createZstdDecompress(), chunks);
    }
    throw new CambiumError("E_CORPUS_FORMAT", "this version of Node cannot unpack zstd", {
      where: this.path,
      expected: "Node 22.15 or later",
      got: process.version,
      hint: "unpack it: zstd -d FILE",
    });
  }

  async *#counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of readChunks(this.path)) {
      this.#bytesRead += chunk.length;
      yield chunk;
    }
  }

  async *#unpacked(stream: zlib.Gunzip, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    // Copies: the stream keeps chunks while the next one is read.
    const copies = async function* () {
      for await (const chunk of chunks) yield Buffer.from(chunk);
    };
    // Its errors are those of `stream`, which is destroyed with them.
    pipeline(Readable.from(copies()), stream, () => undefined);
    try {
      yield* stream;
    } catch (cause) {
      if (cause instanceof CambiumError) throw cause;
      throw new CambiumError("E_CORPUS_FORMAT", "this packed file is damaged", {
        where: this.path,
        got: (cause as Error).message,
        hint: "make or fetch it again",
        cause,
      });
    }
  }

  #converted(decoder: TextDecoder, chunk?: Uint8Array): Uint8Array {
    try {
      return Buffer.from(chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode());
    } catch (cause) {
      const hint = "write the file again as UTF-8";
      throw new CambiumError("E_UTF8", "this is not UTF-16 text", { where: this.path, hint, cause });
    }
  }
}

async function firstBytes(path: string): Promise<string> {
  for await (const chunk of readChunks(path)) return Buffer.from(chunk.subarray(0, 4)).toString("hex");
  return "";
}

function utf16Of([first, second]: Uint8Array): TextDecoder | undefined {
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le", { fatal: true });
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be", { fatal: true });
  return undefined;
}
