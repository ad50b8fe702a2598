// Writes a token file once, front to back, the header last. It is not atomic by itself: write at a scratch path
// (`replaceFile` and `replaceDirectory` of @cambium/files give one), or use `writeTokenFile`.
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { replaceFile } from "@cambium/files";
import { checkIds } from "../../tokenizer/ids.js";
import { bytesPerToken, encodeHeader, HEADER_BYTES, MAX_TITLE, type TokenHeader } from "./format.js";

const BUFFER_TOKENS = 1 << 18;

/** What the writer is told; the rest of the header it finds out. */
export type TokenFileInfo = Pick<TokenHeader, "title" | "content" | "source" | "tokenizer" | "vocabSize">;

/** Takes ids as they come; memory is one buffer and 8 bytes a document. */
export class TokenFileWriter {
  readonly #handle: FileHandle;
  readonly #info: TokenFileInfo;
  readonly #dtype: TokenHeader["dtype"];
  readonly #buffer: Uint16Array | Uint32Array;
  readonly #hash = createHash("sha256");
  readonly #ends: number[] = [];
  #filled = 0;
  #position = HEADER_BYTES;
  #tokens = 0;
  #textBytes = 0;

  private constructor(handle: FileHandle, info: TokenFileInfo) {
    this.#handle = handle;
    this.#info = info;
    this.#dtype = info.vocabSize <= 0x10000 ? "u16" : "u32";
    this.#buffer = this.#dtype === "u16" ? new Uint16Array(BUFFER_TOKENS) : new Uint32Array(BUFFER_TOKENS);
  }

  static async create(path: string, info: TokenFileInfo): Promise<TokenFileWriter> {
    return new TokenFileWriter(await open(path, "wx"), info);
  }

  get documents(): number {
    return this.#ends.length;
  }

  /**
   * Appends the ids of some text.
   * @param textBytes how many bytes of UTF-8 the text had
   * @throws CambiumError `E_TOKEN_ID`.
   */
  async append(ids: Int32Array, textBytes: number): Promise<void> {
    checkIds(ids, this.#info.vocabSize, `document ${this.#ends.length}`);
    this.#textBytes += textBytes;
    for (let from = 0; from < ids.length; ) {
      const taken = Math.min(ids.length - from, BUFFER_TOKENS - this.#filled);
      this.#buffer.set(ids.subarray(from, from + taken), this.#filled);
      this.#filled += taken;
      from += taken;
      if (this.#filled === BUFFER_TOKENS) await this.#flush();
    }
    this.#tokens += ids.length;
  }

  /** What was appended since the last call is one document. */
  endDocument(): void {
    this.#ends.push(this.#tokens);
  }

  /** Writes the index and the header. The caller lets go of the writer, and flushes the file to the disk. */
  async finish(): Promise<TokenHeader> {
    await this.#flush();
    await this.#write(new Uint8Array((8 - (this.#position % 8)) % 8));
    for (let from = 0; from < this.#ends.length; from += BUFFER_TOKENS) {
      await this.#write(BigUint64Array.from(this.#ends.slice(from, from + BUFFER_TOKENS), BigInt));
    }
    const header: TokenHeader = {
      ...this.#info,
      title: this.#info.title.slice(0, MAX_TITLE),
      dtype: this.#dtype,
      tokens: this.#tokens,
      documents: this.#ends.length,
      textBytes: this.#textBytes,
      sha256: this.#hash.digest("hex"),
    };
    await writeAll(this.#handle, encodeHeader(header), 0);
    return header;
  }

  /** Lets go of the file, whatever state it is in. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    const bytes = this.#filled * bytesPerToken(this.#dtype);
    await this.#write(new Uint8Array(this.#buffer.buffer, 0, bytes));
    this.#filled = 0;
  }

  async #write(data: Uint8Array | BigUint64Array): Promise<void> {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#hash.update(bytes);
    await writeAll(this.#handle, bytes, this.#position);
    this.#position += bytes.length;
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/**
 * Writes the token file `path` as a whole or not at all. `fill` gives the writer its documents.
 * @throws CambiumError the file errors of `replaceFile`, and what `fill` throws.
 */
export async function writeTokenFile(
  path: string,
  info: TokenFileInfo,
  fill: (writer: TokenFileWriter) => Promise<void>,
): Promise<TokenHeader> {
  return replaceFile(path, async (scratch) => {
    await using writer = await TokenFileWriter.create(scratch, info);
    await fill(writer);
    return await writer.finish();
  });
}
