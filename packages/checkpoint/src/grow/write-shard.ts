// One shard of a grown model, written by position from any of its bytes on: byte ranges copied, the rest computed.
import { type FileHandle, open } from "node:fs/promises";
import type { ModelDirectory } from "../model-directory/open.js";
import type { SafetensorsLayout } from "../safetensors/layout.js";
import { computedChunks } from "./rows.js";
import type { TargetTensor } from "./table.js";

/** Bytes read at a time; two such buffers take turns. */
const BUFFER_BYTES = 8 << 20;

export interface ShardWriter {
  readonly source: ModelDirectory;
  readonly path: string;
  readonly layout: SafetensorsLayout<TargetTensor>;
  /** Bytes of the file that are there already. */
  readonly from: number;
  /** Told after every write up to which byte the file is whole; awaited, and may throw to stop. */
  progress(end: number, handle: FileHandle): Promise<void>;
}

/** Writes the shard and flushes it to the disk. */
export async function writeShard({ source, path, layout, from, progress }: ShardWriter): Promise<void> {
  const handle = await open(path, from === 0 ? "w" : "r+");
  try {
    await handle.truncate(from);
    if (from < layout.head.length) {
      await writeFully(handle, layout.head, 0);
      await progress(layout.head.length, handle);
    }
    const buffers = [Buffer.allocUnsafeSlow(BUFFER_BYTES), Buffer.allocUnsafeSlow(BUFFER_BYTES)] as const;
    for (const tensor of layout.tensors) {
      const end = tensor.offset + tensor.byteLength;
      if (end <= from) continue;
      const { copyOf } = tensor.source;
      if (copyOf !== undefined) {
        const start = Math.max(from - tensor.offset, 0);
        await copyRange(source, copyOf, start, handle, tensor.offset, buffers, progress);
      } else {
        let at = tensor.offset;
        for await (const chunk of computedChunks(tensor.source)) {
          if (at + chunk.length > from) {
            await writeFully(handle, chunk, at);
            await progress(at + chunk.length, handle);
          }
          at += chunk.length;
        }
      }
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Copies a tensor's bytes from its byte `start` on; the next part is read while one is written. */
async function copyRange(
  source: ModelDirectory,
  name: string,
  start: number,
  handle: FileHandle,
  target: number,
  buffers: readonly [Buffer, Buffer],
  progress: ShardWriter["progress"],
): Promise<void> {
  const shard = source.shardOf(name);
  const { offset, byteLength } = shard.entry(name);
  const part = async (at: number, turn: number): Promise<Buffer> => {
    const bytes = (buffers[turn % 2] as Buffer).subarray(0, byteLength - at);
    await shard.readInto(bytes, offset + at);
    return bytes;
  };
  let turn = 0;
  let pending = start < byteLength ? part(start, turn) : undefined;
  for (let at = start; pending; ) {
    const bytes = await pending;
    const next = at + bytes.length;
    pending = next < byteLength ? part(next, ++turn) : undefined;
    // A failed write must not leave a rejected read that nobody awaits.
    pending?.catch(() => undefined);
    try {
      await writeFully(handle, bytes, target + at);
      await progress(target + next, handle);
    } catch (error) {
      await pending?.catch(() => undefined);
      throw error;
    }
    at = next;
  }
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}
