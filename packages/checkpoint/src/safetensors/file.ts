// An open safetensors file: the header is in memory, data is read by position on request.
import type { FileHandle } from "node:fs/promises";
import { openFile, withFileErrors } from "@cambium/files";
import { CambiumError, type HostTensor } from "@cambium/ir";
import { decodeTensor, type ReadDType } from "./decode.js";
import {
  entryOf,
  LENGTH_BYTES,
  parseHeader,
  parseHeaderLength,
  type SafetensorsHeader,
  type TensorEntry,
} from "./header.js";
import type { TensorSource } from "./source.js";

const STREAM_BYTES = 8 << 20;
/** Some systems read at most 2^31 - 1 bytes in one call. */
const MAX_READ_BYTES = 1 << 30;

export interface OpenOptions {
  /** Whether the data after the header may be missing; reading it then fails. Default false. */
  readonly headersOnly?: boolean;
}

/** Reads a safetensors file. Opening it reads and fully checks the header. */
export class SafetensorsFile implements AsyncDisposable {
  private constructor(
    readonly path: string,
    /** Size of the whole file, bytes. */
    readonly size: number,
    private readonly handle: FileHandle,
    private readonly header: SafetensorsHeader,
  ) {}

  /**
   * @throws CambiumError `E_SAFETENSORS_HEADER` with every reason, `E_SAFETENSORS_TRUNCATED`, `E_NOT_A_FILE`,
   *   `E_NOT_FOUND`, `E_PERMISSION`, …
   */
  static async open(path: string, { headersOnly = false }: OpenOptions = {}): Promise<SafetensorsFile> {
    return withFileErrors(path, async () => {
      const handle = await openFile(path);
      try {
        const stat = await handle.stat();
        const first = await readRange(handle, path, 0, Math.min(LENGTH_BYTES, stat.size));
        const length = parseHeaderLength(new Uint8Array(first), stat.size, path);
        const json = await readRange(handle, path, LENGTH_BYTES, length);
        const header = parseHeader(new Uint8Array(json), headersOnly ? undefined : stat.size, path);
        return new SafetensorsFile(path, stat.size, handle, header);
      } catch (error) {
        await handle.close();
        throw error;
      }
    });
  }

  /** The file descriptor. While the file is open, another thread of this process can read through it. */
  get fd(): number {
    return this.handle.fd;
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.header.metadata;
  }

  /** By name, in the order of their data. */
  get tensors(): ReadonlyMap<string, TensorEntry> {
    return this.header.tensors;
  }

  /** @throws CambiumError `E_TENSOR_NOT_FOUND` */
  entry(name: string): TensorEntry {
    return entryOf(this.header, name, this.path);
  }

  /**
   * Reads a tensor: as stored (F32, F16, BF16, I32, BOOL), or as f32 or i32 from any type with plain numbers.
   * @throws CambiumError `E_TENSOR_NOT_FOUND`, `E_DTYPE`, `E_RANGE`, `E_TENSOR_TOO_LARGE`, `E_IO`, …
   */
  read(name: string): Promise<HostTensor>;
  read<D extends ReadDType>(name: string, as: D): Promise<HostTensor<D>>;
  async read(name: string, as?: ReadDType): Promise<HostTensor> {
    const entry = this.entry(name);
    return decodeTensor(entry, await this.bytes(entry.offset, entry.byteLength), as);
  }

  /** Bytes `[start, end)` of a tensor, as stored. @throws as {@link read}; `E_RANGE` for bytes outside the tensor. */
  async readBytes(name: string, start = 0, end?: number): Promise<Uint8Array> {
    const { offset, byteLength } = this.entry(name);
    const stop = end ?? byteLength;
    if (!(start >= 0 && start <= stop && stop <= byteLength)) {
      throw new CambiumError("E_RANGE", "the requested bytes are outside the tensor", {
        where: `tensor ${name}`,
        expected: `0 ≤ start ≤ end ≤ ${byteLength}`,
        got: `[${start}, ${stop})`,
      });
    }
    return new Uint8Array(await this.bytes(offset + start, stop - start));
  }

  /** Fills `target` with the file's bytes from `offset` on. @throws as {@link read}. */
  async readInto(target: Uint8Array, offset: number): Promise<void> {
    await withFileErrors(this.path, () => readFully(this.handle, this.path, target, offset));
  }

  /** A tensor's bytes in order, in chunks of at most 8 MiB. A chunk is valid until the next one. */
  async *stream(name: string): AsyncGenerator<Uint8Array> {
    const { offset, byteLength } = this.entry(name);
    const chunk = new Uint8Array(Math.min(STREAM_BYTES, byteLength));
    for (let done = 0; done < byteLength; done += chunk.length) {
      const part = chunk.subarray(0, byteLength - done);
      await withFileErrors(this.path, () => readFully(this.handle, this.path, part, offset + done));
      yield part;
    }
  }

  /** The tensor with its bytes unchanged, for writing it to another file. */
  source(name: string): TensorSource {
    const { dtype, shape } = this.entry(name);
    return { name, dtype, shape, chunks: () => this.stream(name) };
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private bytes(offset: number, length: number): Promise<ArrayBuffer> {
    return withFileErrors(this.path, () => readRange(this.handle, this.path, offset, length));
  }
}

async function readRange(handle: FileHandle, path: string, offset: number, length: number): Promise<ArrayBuffer> {
  const bytes = allocateBytes(length, path);
  await readFully(handle, path, new Uint8Array(bytes), offset);
  return bytes;
}

async function readFully(handle: FileHandle, path: string, target: Uint8Array, offset: number): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const length = Math.min(target.length - done, MAX_READ_BYTES);
    const { bytesRead } = await handle.read(target, done, length, offset + done);
    if (bytesRead === 0) {
      throw new CambiumError("E_SAFETENSORS_TRUNCATED", "this file was cut short while it was being read", {
        where: path,
        expected: `${target.length} bytes at ${offset}`,
        got: `${done} bytes`,
      });
    }
    done += bytesRead;
  }
}

function allocateBytes(length: number, path: string): ArrayBuffer {
  try {
    return new ArrayBuffer(length);
  } catch (cause) {
    throw new CambiumError("E_TENSOR_TOO_LARGE", "a tensor does not fit in one buffer", {
      where: path,
      got: `${length} bytes`,
      hint: "read it in parts, or as a stream",
      cause,
    });
  }
}
