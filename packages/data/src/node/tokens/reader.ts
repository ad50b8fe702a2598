// Reads a token file by position. Nothing is cached here; the system's page cache does that.
import { createHash } from "node:crypto";
import { closeSync, constants, createReadStream, fstatSync, openSync, readSync } from "node:fs";
import { type FileState, stateOf, toFileError, withFileErrors } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { checkRange, type TokenReader } from "../../tokens.js";
import { bytesPerToken, decodeHeader, HEADER_BYTES, indexOffset, remake, type TokenHeader } from "./format.js";

/** An open token file. Reads are synchronous: a batch needs one for every row, and each takes microseconds. */
export class TokenFile implements TokenReader {
  readonly #fd: number;
  #scratch: Uint8Array = new Uint8Array(8192);
  #open = true;

  private constructor(
    readonly path: string,
    readonly header: TokenHeader,
    fd: number,
  ) {
    this.#fd = fd;
  }

  /** @throws CambiumError `E_NOT_FOUND`, … or `E_TOKEN_FILE` for a file that is not a token file, or is incomplete. */
  static open(path: string): TokenFile {
    let fd: number;
    try {
      // Without the flag, opening a named pipe would wait for its writer.
      fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    } catch (error) {
      throw toFileError(error, path);
    }
    try {
      const entry = fstatSync(fd);
      if (!entry.isFile()) throw new CambiumError("E_NOT_A_FILE", "this is not a regular file", { where: path });
      const head = Buffer.alloc(HEADER_BYTES);
      const bytesRead = readSync(fd, head, 0, HEADER_BYTES, 0);
      return new TokenFile(path, decodeHeader(head.subarray(0, bytesRead), entry.size, path), fd);
    } catch (error) {
      closeSync(fd);
      throw toFileError(error, path);
    }
  }

  /** Identifies this file, so that a changed or replaced one is noticed. */
  get state(): FileState {
    return stateOf(fstatSync(this.#fd, { bigint: true }));
  }

  get length(): number {
    return this.header.tokens;
  }

  /** @throws CambiumError `E_TOKEN_RANGE`; `E_TOKEN_FILE` if the file is damaged: too short, or ids out of range. */
  read(position: number, length: number, into?: Int32Array, offset = 0): Int32Array {
    checkRange(position, length, this.length, this.path);
    const width = bytesPerToken(this.header.dtype);
    const bytes = this.#readBytes(HEADER_BYTES + position * width, length * width);
    const ids = width === 2 ? new Uint16Array(bytes.buffer, 0, length) : new Uint32Array(bytes.buffer, 0, length);
    const { vocabSize } = this.header;
    for (let i = 0; i < length; i++) {
      if ((ids[i] as number) >= vocabSize) {
        throw this.#damaged(`token ${position + i}`, `an id below ${vocabSize}`, String(ids[i]));
      }
    }
    const out = into ?? new Int32Array(length);
    out.set(ids, offset);
    return out;
  }

  /** The tokens [start, end) of document `index`, counted from 0. @throws CambiumError `E_TOKEN_RANGE`. */
  document(index: number): { readonly start: number; readonly end: number } {
    const { documents } = this.header;
    if (!(Number.isInteger(index) && index >= 0 && index < documents)) {
      throw new CambiumError("E_TOKEN_RANGE", "there is no such document", {
        where: this.path,
        expected: documents === 0 ? "a file with documents" : `0 to ${documents - 1}`,
        got: String(index),
      });
    }
    const first = Math.max(0, index - 1);
    const bytes = this.#readBytes(indexOffset(this.header) + first * 8, (index - first + 1) * 8);
    const ends = new BigUint64Array(bytes.buffer, 0, index - first + 1);
    const start = index === 0 ? 0 : Number(ends[0]);
    const end = Number(ends.at(-1));
    if (start > end || end > this.length) {
      throw this.#damaged(`document ${index}`, `an end from ${start} to ${this.length}`, String(end));
    }
    return { start, end };
  }

  /** Compares the whole file with its checksum. @throws CambiumError `E_TOKEN_FILE`. */
  async verify(): Promise<void> {
    const hash = createHash("sha256");
    await withFileErrors(this.path, async () => {
      for await (const chunk of createReadStream(this.path, { start: HEADER_BYTES })) hash.update(chunk as Buffer);
    });
    const found = hash.digest("hex");
    if (found !== this.header.sha256) throw this.#damaged("everything after the header", this.header.sha256, found);
  }

  close(): void {
    if (this.#open) closeSync(this.#fd);
    this.#open = false;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** `length` bytes from the start of the scratch memory, which the next read overwrites. */
  #readBytes(position: number, length: number): Uint8Array {
    if (!this.#open) throw new CambiumError("E_CLOSED", "this token file was closed", { where: this.path });
    if (this.#scratch.length < length) this.#scratch = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const bytesRead = readSync(this.#fd, this.#scratch, done, length - done, position + done);
      if (bytesRead === 0) throw this.#damaged(`byte ${position + done}`, "more of the file", "its end");
      done += bytesRead;
    }
    return this.#scratch;
  }

  #damaged(place: string, expected: string, got: string): CambiumError {
    return new CambiumError("E_TOKEN_FILE", "this token file is damaged", {
      where: `${this.path}, ${place}`,
      expected,
      got,
      hint: remake,
    });
  }
}
