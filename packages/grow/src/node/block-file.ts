// A file written block by block, bypassing the page cache where the system allows it. Bytes that are written once and
// not read soon would only evict others from the cache, and each would be copied once more on its way to the disk.
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { errnoOf } from "@cambium/files";

/** Alignment of a write past the cache, in memory, in the file and in length: a multiple of disks' sectors. */
const ALIGNMENT = 4096;

const WASM_PAGE = 65_536;

/** TypeScript declares it only with the DOM. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: {
    readonly Memory: new (limits: {
      readonly initial: number;
      readonly maximum: number;
      readonly shared: boolean;
    }) => { readonly buffer: SharedArrayBuffer };
  };
};

/** `count` blocks of at least `bytes` bytes, fit for {@link BlockFile.write}; other threads can read them too. */
export function alignedBlocks(count: number, bytes: number): Uint8Array[] {
  const pages = Math.ceil(bytes / WASM_PAGE);
  // WebAssembly memory begins at a page boundary of the system; a Buffer begins anywhere.
  const { buffer } = new WebAssembly.Memory({
    ...{ initial: count * pages, maximum: count * pages },
    shared: true,
  });
  const size = pages * WASM_PAGE;
  return Array.from({ length: count }, (_, i) => new Uint8Array(buffer, i * size, size));
}

/** Whether writing can continue at byte `at`. */
export function isAligned(at: number): boolean {
  return at % ALIGNMENT === 0;
}

/** An open file, cut to its first `from` bytes. */
export class BlockFile {
  /** A second handle, which writes through the cache; opened once the first one was refused. */
  #cached: Promise<FileHandle> | undefined;

  private constructor(
    private readonly path: string,
    private readonly first: FileHandle,
    private handle = first,
  ) {}

  static async open(path: string, from: number): Promise<BlockFile> {
    const flags = constants.O_WRONLY | constants.O_CREAT;
    const handle = await open(path, flags | (constants.O_DIRECT ?? 0)).catch((error: unknown) => {
      if (errnoOf(error) === "EINVAL") return open(path, flags);
      throw error;
    });
    try {
      await handle.truncate(from);
      return new BlockFile(path, handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Writes the first `bytes` of `block` at `position`, a multiple of 4096, and perhaps what follows them in the block
   * up to the next such multiple. May be called again before it ends.
   */
  async write(block: Uint8Array, bytes: number, position: number): Promise<void> {
    const padded = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    for (let done = 0; done < padded; ) {
      const { handle } = this;
      try {
        done += (await handle.write(block, done, padded - done, position + done)).bytesWritten;
      } catch (error) {
        // Some file systems accept the flag and refuse the write.
        if (errnoOf(error) !== "EINVAL" || handle === (await this.#cached)) throw error;
        this.#cached ??= open(this.path, constants.O_WRONLY);
        this.handle = await this.#cached;
      }
    }
  }

  /** Flushes everything written to the disk. */
  async flush(): Promise<void> {
    await this.handle.datasync();
  }

  /** Cuts the file to `size` bytes and flushes it to the disk. */
  async finish(size: number): Promise<void> {
    await this.handle.truncate(size);
    await this.handle.sync();
  }

  async close(): Promise<void> {
    await this.first.close();
    await (await this.#cached)?.close();
  }
}
