// A file being written from its beginning: small chunks gathered, large ones passed through, hashed on the way.
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";

/** Writes of this size reach a disk's speed, and hashing one keeps the event loop for about 5 ms. */
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

  /** Creates the file at `path`, which must not exist, and closes it after `fill`. @returns what `fill` returns */
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

  /** Takes `chunk`, which may be reused as soon as this resolves. */
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

  /** Hands everything taken so far to the file. */
  async flush(): Promise<void> {
    const gathered = this.#gathered.subarray(0, this.#gatheredBytes);
    this.#gatheredBytes = 0;
    if (gathered.length > 0) await this.writeOut(gathered);
  }

  /** SHA-256 of all that was written, in hex; to be asked once, after {@link flush}. */
  digest(): string {
    return this.#hash.digest("hex");
  }

  /** One chunk is hashed on this thread while another writes it. */
  private async writeOut(chunk: Uint8Array): Promise<void> {
    const pending = this.handle.write(chunk);
    if (this.hashed) this.#hash.update(chunk);
    let { bytesWritten } = await pending;
    while (bytesWritten < chunk.length) {
      bytesWritten += (await this.handle.write(chunk, bytesWritten)).bytesWritten;
    }
  }
}
