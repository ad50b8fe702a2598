// The bytes of a file as UTF-8: gzip and zstd are decompressed and UTF-16 is converted, as the first bytes indicate.
import { TextDecoder } from "node:util";
import { CambiumError } from "@cambium/ir";
import { readChunks } from "./files.js";
import { checkSignature } from "./format.js";
import { unpackerOf } from "./unpack.js";

/** One reading of a file. */
export class TextBytes {
  #bytesRead = 0;

  constructor(readonly path: string) {}

  /** Bytes of the file read so far, before decompression. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /**
   * The contents, chunk by chunk; each chunk may reuse the memory of the one before.
   * @throws CambiumError `E_CORPUS_FORMAT` for a file that is not text or is damaged, `E_UTF8` for broken UTF-16; file
   * errors.
   */
  async *chunks(): AsyncGenerator<Uint8Array> {
    const unpack = unpackerOf(await firstBytes(this.path), this.path);
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

  /** For a reader that reads the file itself: sets how many bytes it has read. */
  readTo(bytes: number): void {
    this.#bytesRead = bytes;
  }

  async *#counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of readChunks(this.path)) {
      this.#bytesRead += chunk.length;
      yield chunk;
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

async function firstBytes(path: string): Promise<Uint8Array> {
  for await (const chunk of readChunks(path)) return chunk.slice(0, 4);
  return new Uint8Array(0);
}

function utf16Of([first, second]: Uint8Array): TextDecoder | undefined {
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le", { fatal: true });
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be", { fatal: true });
  return undefined;
}
