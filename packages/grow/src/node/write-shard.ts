// Writes one shard of a grown model, from any block on. While some blocks are being written and hashed, the next one is
// filled.
import type { ModelDirectory, SafetensorsLayout } from "@cambium/checkpoint";
import { BlockFile } from "./block-file.js";
import type { GrowthHashes } from "./hashing/hashes.js";
import type { Mark, WrittenSums } from "./hashing/written-sums.js";
import type { RowMakers } from "./rows/make.js";
import { ShardBytes } from "./shard-bytes.js";
import type { TargetTensor } from "./target.js";

export interface ShardWriter {
  readonly source: ModelDirectory;
  readonly path: string;
  readonly layout: SafetensorsLayout<TargetTensor>;
  readonly makers: RowMakers;
  /** Get the bytes as they are written. */
  readonly hashes: GrowthHashes;
  /**
   * Sums of what is there already, up to a byte at which writing can continue; everything after it is written again.
   */
  readonly sums: WrittenSums;
  /** From `alignedBlocks`: their size is that of one write, their number how many are in use at once. */
  readonly blocks: readonly Uint8Array[];
  /** Bytes between two flushes. */
  readonly flushBytes: number;
  /** Called after every write with the byte up to which the file is complete. */
  progress(end: number): void;
  /** Records that the file is on the disk up to a place; writing continues meanwhile. */
  save(mark: Mark): Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** Writes the shard and flushes it to the disk. @throws the signal's reason, once what is written has been saved */
export async function writeShard(writer: ShardWriter): Promise<void> {
  const { source, path, layout, makers, hashes, sums, blocks, flushBytes, progress, save, signal } = writer;
  const from = sums.position;
  const bytes = new ShardBytes(source, layout, makers, hashes, from);
  const file = await BlockFile.open(path, from);
  const writing: Promise<Mark>[] = [];
  let saved = from;
  let saving: Promise<void> | undefined;
  /** Waits for the oldest block. */
  const settle = async (): Promise<void> => {
    const mark = (await writing[0]) as Mark;
    const { end } = mark;
    writing.shift();
    progress(end);
    // The last block is longer than the file until that is cut to size.
    if (end === layout.fileSize || (end - saved < flushBytes && !signal?.aborted)) return;
    await saving;
    saved = end;
    saving = file.flush().then(() => save(mark));
    // It is awaited before the next one, or at the end.
    saving.catch(() => undefined);
    if (signal?.aborted) await saving;
    signal?.throwIfAborted();
  };
  try {
    for (let at = from, turn = 0; at < layout.fileSize; turn++) {
      if (writing.length === blocks.length) await settle();
      const block = blocks[turn % blocks.length] as Uint8Array;
      const length = Math.min(block.length, layout.fileSize - at);
      const seen = await bytes.fill(block.subarray(0, length));
      const writes = file.write(block, length, at);
      writes.catch(() => undefined);
      // In parallel with the write.
      sums.update(block.subarray(0, length));
      const { mark } = sums;
      const hashed = hashes.add(seen, sums);
      hashed.catch(() => undefined);
      const written = writes.then(() => hashed).then(() => mark);
      written.catch(() => undefined);
      writing.push(written);
      at = mark.end;
    }
    while (writing.length > 0) await settle();
    await saving;
    await file.finish(layout.fileSize);
  } finally {
    // The blocks are in use until then, and the handle too.
    await Promise.allSettled([...writing, saving]);
    await file.close();
  }
}
