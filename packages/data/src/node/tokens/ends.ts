// Where documents end, while a token file is written: in memory, or in a file beside it.
import { type FileHandle, open } from "node:fs/promises";

const BUFFER = 1 << 15;

/** Numbers that are appended, and copied out once at the end. */
export class Ends {
  #full: BigUint64Array[] = [];
  #buffer = new BigUint64Array(BUFFER);
  #filled = 0;
  #flushed = 0;

  private constructor(
    /** Where they are written; undefined keeps them in memory. */
    readonly file: FileHandle | undefined,
    flushed: number,
  ) {
    this.#flushed = flushed;
  }

  static inMemory(): Ends {
    return new Ends(undefined, 0);
  }

  /** Opens the file `path`, keeping its first `count` numbers. */
  static async inFile(path: string, count: number): Promise<Ends> {
    return new Ends(await open(path, count === 0 ? "w+" : "r+"), count);
  }

  get count(): number {
    return this.#flushed + this.#filled;
  }

  /** Whether the buffer is full: `flush` before more is pushed. */
  push(end: number): boolean {
    this.#buffer[this.#filled++] = BigInt(end);
    return this.#filled === BUFFER;
  }

  async flush(): Promise<void> {
    const part = this.#buffer.subarray(0, this.#filled);
    if (this.file) await writeAll(this.file, bytesOf(part), this.#flushed * 8);
    else if (part.length > 0) this.#full.push(part.slice());
    this.#flushed += this.#filled;
    this.#filled = 0;
  }

  /** All of them, in order, as little-endian bytes. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    await this.flush();
    for (const part of this.#full) yield bytesOf(part);
    if (!this.file) return;
    const buffer = new Uint8Array(BUFFER * 8);
    for (let at = 0; at < this.#flushed * 8; ) {
      const { bytesRead } = await this.file.read(buffer, 0, Math.min(buffer.length, this.#flushed * 8 - at), at);
      if (bytesRead === 0) throw new Error(`the ends of documents end at byte ${at}`);
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  /** Bytes of the file. */
  async size(): Promise<number> {
    return this.file ? (await this.file.stat()).size : 0;
  }

  async sync(): Promise<void> {
    await this.flush();
    await this.file?.sync();
  }

  async close(): Promise<void> {
    await this.file?.close();
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: BigUint64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
