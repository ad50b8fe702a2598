// The bytes of one shard of a grown model in order: its header, ranges of the source's files, computed rows.
import type { ModelDirectory, SafetensorsLayout } from "@cambium/checkpoint";
import type { GrowthHashes } from "./hashing/hashes.js";
import { type Block, blocksOf, madeBlocks, type RowMakers } from "./rows/make.js";
import { rowBytes } from "./rows/stored.js";
import type { TargetTensor } from "./target.js";

/** Bytes that follow each other in the shard. `read` fills `target` with those from `at` on. */
interface Span {
  readonly length: number;
  /** Gets them in order, if they are already in memory. */
  readonly watch?: ((bytes: Uint8Array) => void) | undefined;
  read(target: Uint8Array, at: number): Promise<void> | undefined;
}

export class ShardBytes {
  readonly #spans: AsyncIterator<Span>;
  #span: Span = { length: 0, read: () => undefined };
  #at = 0;

  /** @param from the first byte that is wanted */
  constructor(
    source: ModelDirectory,
    layout: SafetensorsLayout<TargetTensor>,
    makers: RowMakers,
    hashes: GrowthHashes,
    from: number,
  ) {
    this.#spans = spans(source, layout, makers, hashes, from);
  }

  /** Fills `target`, which must not be longer than what is left, with the next bytes. */
  async fill(target: Uint8Array): Promise<void> {
    // In parallel: one at a time, each would queue behind the reads for hashing.
    const reads: Promise<void>[] = [];
    for (let filled = 0; filled < target.length; ) {
      const take = Math.min(this.#span.length - this.#at, target.length - filled);
      if (take === 0) {
        this.#span = (await this.#spans.next()).value as Span;
        this.#at = 0;
        continue;
      }
      const bytes = target.subarray(filled, filled + take);
      const reading = this.#span.read(bytes, this.#at);
      // Reported below.
      reading?.catch(() => undefined);
      if (reading) reads.push(reading);
      this.#span.watch?.(bytes);
      this.#at += take;
      filled += take;
    }
    await Promise.all(reads);
  }
}

async function* spans(
  source: ModelDirectory,
  { head, tensors }: SafetensorsLayout<TargetTensor>,
  makers: RowMakers,
  hashes: GrowthHashes,
  from: number,
): AsyncGenerator<Span> {
  if (from < head.length) yield inMemory(head.subarray(from));
  const left = tensors.filter(({ offset, byteLength }) => offset + byteLength > from);
  const skippedOf = (offset: number) => Math.max(0, from - offset);
  const plans = left.map(({ offset, source: { made } }) => (made ? blocksOf(made, skippedOf(offset)) : []));
  // One queue for all tensors: the next tensor's first blocks are made while this one's last are written.
  const blocks = madeBlocks(plans.flat(), makers);
  for (const [i, { offset, byteLength, source: target }] of left.entries()) {
    const skipped = skippedOf(offset);
    for (const name of target.sources) hashes.queue(name);
    if (target.made) {
      const watch = skipped === 0 ? hashes.watch(target.name, byteLength) : undefined;
      let surplus = skipped % rowBytes(target.dtype, target.shape);
      for (const _ of plans[i] as Block[]) {
        const { value } = await blocks.next();
        yield { ...inMemory((value as Uint8Array).subarray(surplus)), watch };
        surplus = 0;
      }
      continue;
    }
    const copied = target.copyOf as string;
    const shard = source.shardOf(copied);
    const begin = shard.entry(copied).offset + skipped;
    yield { length: byteLength - skipped, read: (target, at) => shard.readInto(target, begin + at) };
  }
}

function inMemory(bytes: Uint8Array): Span {
  return { length: bytes.length, read: (target, at) => void target.set(bytes.subarray(at, at + target.length)) };
}
