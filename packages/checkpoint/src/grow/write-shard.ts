// One shard of a grown model, written by position from any of its bytes on: byte ranges copied, the rest computed.
import { type FileHandle, open } from "node:fs/promises";
import type { ModelDirectory } from "../model-directory/open.js";
import type { SafetensorsFile } from "../safetensors/file.js";
import type { SafetensorsLayout } from "../safetensors/layout.js";
import { computedChunks } from "./rows.js";
import type { TargetTensor } from "./table.js";

/** Bytes read at a time; two such buffers take turns. */
const BUFFER_BYTES = 8 << 20;

type Laid = SafetensorsLayout<TargetTensor>["tensors"][number];

export interface ShardWriter {
  readonly source: ModelDirectory;
  readonly path: string;
  readonly layout: SafetensorsLayout<TargetTensor>;
  /** Bytes of the file that are there already. */
  readonly from: number;
  /** Told after every write up to which byte the file is whole; awaited, and may throw to stop. */
  progress(end: number, handle: FileHandle): Promise<void>;
  /** Awaited before the file is closed, whatever happened: what `progress` began with its handle. */
  finish(): Promise<void>;
}

/** Writes the shard and flushes it to the disk. */
export async function writeShard({ source, path, layout, from, progress, finish }: ShardWriter): Promise<void> {
  const handle = await open(path, from === 0 ? "w" : "r+");
  try {
    await handle.truncate(from);
    if (from < layout.head.length) {
      await writeFully(handle, layout.head, 0);
      await progress(layout.head.length, handle);
    }
    const buffers = [Buffer.allocUnsafeSlow(BUFFER_BYTES), Buffer.allocUnsafeSlow(BUFFER_BYTES)] as const;
    for (const piece of pieces(source, layout.tensors)) {
      if ("ranges" in piece) await copyRun(piece, from, handle, buffers, progress);
      else await compute(piece, from, handle, progress);
    }
    await finish();
    await handle.sync();
  } finally {
    await finish().catch(() => undefined);
    await handle.close();
  }
}

/** Bytes of a source file and where in the target they go. */
interface Range {
  readonly shard: SafetensorsFile;
  readonly offset: number;
  readonly target: number;
  readonly bytes: number;
}

/** Bytes `start` to `end` of the target, all of them copies. */
interface Run {
  readonly ranges: Range[];
  readonly start: number;
  end: number;
}

/** The shard as runs of copied bytes and computed tensors, in order; ranges that follow each other in both are one. */
function* pieces(source: ModelDirectory, tensors: readonly Laid[]): Generator<Run | Laid> {
  let run: Run | undefined;
  for (const tensor of tensors) {
    const { copyOf } = tensor.source;
    if (copyOf === undefined) {
      if (run) yield run;
      run = undefined;
      yield tensor;
      continue;
    }
    const target = tensor.offset;
    run ??= { ranges: [], start: target, end: target };
    const shard = source.shardOf(copyOf);
    const { offset, byteLength: bytes } = shard.entry(copyOf);
    const last = run.ranges.at(-1);
    if (last?.shard === shard && last.offset + last.bytes === offset)
      run.ranges[run.ranges.length - 1] = { ...last, bytes: last.bytes + bytes };
    else run.ranges.push({ shard, offset, target, bytes });
    run.end = target + bytes;
  }
  if (run) yield run;
}

/** Copies what lies behind byte `from` of the target; the next part is read while one is written. */
async function copyRun(
  { ranges, start, end }: Run,
  from: number,
  handle: FileHandle,
  buffers: readonly [Buffer, Buffer],
  progress: ShardWriter["progress"],
): Promise<void> {
  let next = 0;
  const part = async (at: number, turn: number): Promise<Buffer> => {
    const bytes = (buffers[turn % 2] as Buffer).subarray(0, end - at);
    for (let filled = 0; filled < bytes.length; ) {
      const { shard, offset, target, bytes: size } = ranges[next] as Range;
      const skip = at + filled - target;
      const take = Math.min(size - skip, bytes.length - filled);
      if (take <= 0) next++;
      else await shard.readInto(bytes.subarray(filled, filled + take), offset + skip);
      filled += Math.max(take, 0);
    }
    return bytes;
  };
  let turn = 0;
  let at = Math.max(start, from);
  let pending = at < end ? part(at, turn) : undefined;
  while (pending) {
    const bytes = await pending;
    const after = at + bytes.length;
    pending = after < end ? part(after, ++turn) : undefined;
    // A failed write must not leave a rejected read that nobody awaits.
    pending?.catch(() => undefined);
    try {
      await writeFully(handle, bytes, at);
      await progress(after, handle);
    } catch (error) {
      await pending?.catch(() => undefined);
      throw error;
    }
    at = after;
  }
}

async function compute(
  { source, offset, byteLength }: Laid,
  from: number,
  handle: FileHandle,
  progress: ShardWriter["progress"],
): Promise<void> {
  if (offset + byteLength <= from) return;
  let at = offset;
  for await (const chunk of computedChunks(source)) {
    if (at + chunk.length > from) {
      await writeFully(handle, chunk, at);
      await progress(at + chunk.length, handle);
    }
    at += chunk.length;
  }
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}
