// Writes a token file once, front to back, the header last. It is not atomic by itself: write at a scratch path
// (`replaceFile` and `replaceDirectory` of @cambium/files give one), or use `writeTokenFile`.
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { replaceFile } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { z } from "zod";
import { checkIds } from "../../tokenizer/ids.js";
import { readChunks } from "../source/files.js";
import { Ends, writeAll } from "./ends.js";
import { bytesPerToken, encodeHeader, HEADER_BYTES, MAX_TITLE, type TokenHeader } from "./format.js";

const BUFFER_TOKENS = 1 << 18;

/** The header fields that the caller provides; the writer fills in the rest. */
export type TokenFileInfo = Pick<TokenHeader, "title" | "content" | "source" | "tokenizer" | "vocabSize">;

const count = z.int().nonnegative();

/** How far a file is written, to continue it later. */
export const writtenSchema = z.strictObject({ tokens: count, textBytes: count, documents: count });
export type Written = z.infer<typeof writtenSchema>;

/** Appends ids as they come. It holds one buffer, and 8 bytes per document unless the ends are kept in a file. */
export class TokenFileWriter {
  readonly #handle: FileHandle;
  readonly #info: TokenFileInfo;
  readonly #dtype: TokenHeader["dtype"];
  readonly #buffer: Uint16Array | Uint32Array;
  readonly #hash = createHash("sha256");
  readonly #ends: Ends;
  #filled = 0;
  #position = HEADER_BYTES;
  #tokens = 0;
  #textBytes = 0;

  private constructor(handle: FileHandle, info: TokenFileInfo, ends: Ends) {
    this.#handle = handle;
    this.#ends = ends;
    this.#info = info;
    this.#dtype = info.vocabSize <= 0x10000 ? "u16" : "u32";
    this.#buffer = this.#dtype === "u16" ? new Uint16Array(BUFFER_TOKENS) : new Uint32Array(BUFFER_TOKENS);
  }

  static async create(path: string, info: TokenFileInfo): Promise<TokenFileWriter> {
    return new TokenFileWriter(await open(path, "wx"), info, Ends.inMemory());
  }

  /**
   * A file that is written over several runs: begins it, or continues from `written`, dropping what was written after
   * that. Until it is finished, `PATH.ends` beside it has the ends of documents.
   * @throws CambiumError `E_TOKEN_FILE` if the files are shorter than `written` says.
   */
  static async kept(path: string, info: TokenFileInfo, written?: Written): Promise<TokenFileWriter> {
    const handle = await open(path, written ? "r+" : "w+");
    let ends: Ends | undefined;
    try {
      ends = await Ends.inFile(`${path}.ends`, written?.documents ?? 0);
      const writer = new TokenFileWriter(handle, info, ends);
      if (written) await writer.#goOn(path, written);
      return writer;
    } catch (error) {
      await ends?.close();
      await handle.close();
      throw error;
    }
  }

  async #goOn(path: string, { tokens, textBytes, documents }: Written): Promise<void> {
    this.#position = HEADER_BYTES + tokens * bytesPerToken(this.#dtype);
    this.#tokens = tokens;
    this.#textBytes = textBytes;
    const sizes = [(await this.#handle.stat()).size, await this.#ends.size()];
    // The header is written last: a file without tokens is empty until then.
    if ((tokens > 0 && (sizes[0] as number) < this.#position) || (sizes[1] as number) < documents * 8) {
      throw new CambiumError("E_TOKEN_FILE", "the unfinished token file was truncated", { where: path });
    }
    await this.#handle.truncate(this.#position);
    let skipped = 0;
    for await (const chunk of readChunks(path)) {
      this.#hash.update(chunk.subarray(Math.max(0, Math.min(chunk.length, HEADER_BYTES - skipped))));
      skipped += chunk.length;
    }
  }

  get documents(): number {
    return this.#ends.count;
  }

  /**
   * Appends the ids of some text.
   * @param textBytes bytes of the text in UTF-8
   * @throws CambiumError `E_TOKEN_ID`.
   */
  async append(ids: Int32Array, textBytes: number): Promise<void> {
    checkIds(ids, this.#info.vocabSize, `document ${this.#ends.count}`);
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

  /** Ends a document: everything appended since the last call. */
  async endDocument(): Promise<void> {
    if (this.#ends.push(this.#tokens)) await this.#ends.flush();
  }

  /** What was appended so far. `kept` can continue from it once `checkpoint` has flushed it. */
  get written(): Written {
    return { tokens: this.#tokens, textBytes: this.#textBytes, documents: this.#ends.count };
  }

  /** Flushes everything appended to the disk. */
  async checkpoint(): Promise<void> {
    await this.#flush();
    await this.#ends.sync();
    await this.#handle.sync();
  }

  /** Writes the index and the header. The caller disposes the writer and flushes the file to the disk. */
  async finish(): Promise<TokenHeader> {
    await this.#flush();
    await this.#write(new Uint8Array((8 - (this.#position % 8)) % 8));
    const documents = this.#ends.count;
    for await (const chunk of this.#ends.chunks()) await this.#write(chunk);
    const header: TokenHeader = {
      ...this.#info,
      title: this.#info.title.slice(0, MAX_TITLE),
      dtype: this.#dtype,
      tokens: this.#tokens,
      documents,
      textBytes: this.#textBytes,
      sha256: this.#hash.digest("hex"),
    };
    await writeAll(this.#handle, encodeHeader(header), 0);
    return header;
  }

  /** Closes the file, whatever state it is in. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ends.close();
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    const bytes = this.#filled * bytesPerToken(this.#dtype);
    await this.#write(new Uint8Array(this.#buffer.buffer, 0, bytes));
    this.#filled = 0;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    await writeAll(this.#handle, bytes, this.#position);
    this.#position += bytes.length;
  }
}

/**
 * Writes the token file `path` atomically. `fill` gives the writer its documents.
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
