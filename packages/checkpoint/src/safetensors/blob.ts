// Safetensors files in a web page: read from a Blob, such as a File that the user chose or a file of the origin private
// file system (OPFS), and written to any stream. The header is checked as for a file on disk.
import { CambiumError, type HostTensor } from "@cambium/ir";
import { safetensorsChunks } from "./chunks.js";
import { decodeTensor, type ReadDType } from "./decode.js";
import {
  entryOf,
  LENGTH_BYTES,
  parseHeader,
  parseHeaderLength,
  type SafetensorsHeader,
  type TensorEntry,
} from "./header.js";
import { layoutSafetensors } from "./layout.js";
import type { TensorSource } from "./source.js";

/** The part of `Blob` that is used here. */
export interface Bytes {
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

export class SafetensorsBlob {
  private constructor(
    private readonly blob: Bytes,
    private readonly header: SafetensorsHeader,
    /** For messages. */
    readonly name: string,
  ) {}

  /**
   * Reads only the header.
   * @throws CambiumError `E_SAFETENSORS_HEADER` with every reason, `E_SAFETENSORS_TRUNCATED`, `E_IO`.
   */
  static async open(blob: Bytes, name = "model.safetensors"): Promise<SafetensorsBlob> {
    const first = await readSlice(blob, 0, Math.min(LENGTH_BYTES, blob.size), name);
    const end = LENGTH_BYTES + parseHeaderLength(new Uint8Array(first), blob.size, name);
    const json = await readSlice(blob, LENGTH_BYTES, end, name);
    return new SafetensorsBlob(blob, parseHeader(new Uint8Array(json), blob.size, name), name);
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.header.metadata;
  }

  /** By name, in the order of their data. */
  get tensors(): ReadonlyMap<string, TensorEntry> {
    return this.header.tensors;
  }

  /**
   * Reads a tensor: as stored, or as f32 or i32.
   * @throws CambiumError `E_TENSOR_NOT_FOUND`, `E_DTYPE`, `E_RANGE`, `E_IO`
   */
  async read(name: string, as?: ReadDType): Promise<HostTensor> {
    const entry = entryOf(this.header, name, this.name);
    return decodeTensor(
      entry,
      await readSlice(this.blob, entry.offset, entry.offset + entry.byteLength, this.name),
      as,
    );
  }

  /** All tensors by name. @throws CambiumError as {@link read}. */
  async readAll(as?: ReadDType): Promise<Record<string, HostTensor>> {
    const all: Record<string, HostTensor> = {};
    for (const name of this.tensors.keys()) all[name] = await this.read(name, as);
    return all;
  }
}

/**
 * A safetensors file as a stream. Pipe it into an OPFS file, which keeps its old content until the stream has ended, or
 * make a Blob by `new Response(stream).blob()`.
 * @throws CambiumError `E_SAFETENSORS_LAYOUT`; while the stream is read, `E_SHAPE`.
 */
export function safetensorsStream(
  tensors: Iterable<TensorSource>,
  metadata: Readonly<Record<string, string>> = { format: "pt" },
): ReadableStream<Uint8Array> {
  const chunks = safetensorsChunks(layoutSafetensors(tensors, metadata));
  return new ReadableStream<Uint8Array>(
    {
      pull: async (stream) => {
        const { done, value } = await chunks.next();
        if (done) stream.close();
        // A copy, because the reader may keep the chunk while the source reuses its memory.
        else stream.enqueue(value.slice());
      },
      cancel: async () => void (await chunks.return(undefined)),
    },
    { highWaterMark: 0 },
  );
}

async function readSlice(blob: Bytes, start: number, end: number, where: string): Promise<ArrayBuffer> {
  try {
    return await blob.slice(start, end).arrayBuffer();
  } catch (cause) {
    // The user's file was changed or removed after it was chosen.
    const hint = "choose the file again";
    throw new CambiumError("E_IO", "this file could not be read", { where, got: String(cause), hint, cause });
  }
}
