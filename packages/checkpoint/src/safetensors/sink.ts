// Writes a file sequentially: gathers small chunks, passes large ones through, and hashes the data on the way.
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";

/** Writes of this size reach the disk's speed, and hashing one blocks the event loop for only about 5 ms. */
const WRITE_BYTES = 4 << 20;

export class FileSink {
  readonly #hash = createHash("sha256");
  readonly #gathered = Buffer.allocUnsafeSlow(WRITE_BYTES);
  #gatheredBytes = 0;
  /** Bytes taken so far. */
  position = 0;

  private constructor(
    private readonly handle: FileHandle,
    private readonly hashed: boolean,
  ) {}

  /** Creates the file at `path`, which must not exist, and closes it after `fill`. @returns the result of `fill`. */
  static async write<T>(path: string, hashed: boolean, fill: (sink: FileSink) => Promise<T>): Promise<T> {
    const handle = await open(path, "wx");
    try {
      const sink = new FileSink(handle, hashed);
      const result = await fill(sink);
      await sink.flush();
      return result;
    } finally {
      await handle.close();
    }
  }

  /** Appends `chunk`, which may be reused as soon as this resolves. */
  async add(chunk: Uint8Array): Promise<void> {
    this.position += chunk.length;
    if (this.#gatheredBytes + chunk.length > WRITE_BYTES) await this.flush();
    if (chunk.length > WRITE_BYTES / 4) {
      await this.flush();
      for (let at = 0; at < chunk.length; at += WRITE_BYTES) await this.writeOut(chunk.subarray(at, at + WRITE_BYTES));
    } else {
      this.#gathered.set(chunk, this.#gatheredBytes);
      this.#gatheredBytes += chunk.length;
    }
  }

  /** Writes everything appended so far to the file. */
  async flush(): Promise<void> {
    const gathered = this.#gathered.subarray(0, this.#gatheredBytes);
    this.#gatheredBytes = 0;
    if (gathered.length > 0) await this.writeOut(gathered);
  }

  /** SHA-256 of everything written, in hex. Call it once, after {@link flush}. */
  digest(): string {
    return this.#hash.digest("hex");
  }

  /** Hashes the chunk on this thread while another thread writes it. */
  private async writeOut(chunk: Uint8Array): Promise<void> {
    const pending = this.handle.write(chunk);
    if (this.hashed) this.#hash.update(chunk);
    let { bytesWritten } = await pending;
    while (bytesWritten < chunk.length) {
      bytesWritten += (await this.handle.write(chunk, bytesWritten)).bytesWritten;
    }
  }
}
