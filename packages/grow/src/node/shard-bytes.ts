// The bytes of one shard of a grown model in order: its header, ranges of the source's files, computed rows.
import type { ModelDirectory, SafetensorsLayout } from "@cambium/checkpoint";
import type { GrowthHashes, Seen, Watched } from "./hashing/hashes.js";
import { type Block, blocksOf, madeBlocks, type RowMakers } from "./rows/make.js";
import { rowBytes } from "./rows/stored.js";
import type { TargetTensor } from "./target.js";

/** Bytes that follow each other in the shard. `read` fills `target` with those from `at` on. */
interface Span {
  readonly length: number;
  /** The tensor, if its bytes are to be hashed. */
  readonly watched?: Watched | undefined;
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

  /**
   * Fills `target`, which must not be longer than what is left, with the next bytes.
   * @returns the parts of it that are to be hashed
   */
  async fill(target: Uint8Array): Promise<readonly Seen[]> {
    // In parallel, because a disk answers several requests at once.
    const reads: Promise<void>[] = [];
    const seen: Seen[] = [];
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
      const { watched } = this.#span;
      if (watched) seen.push({ watched, bytes });
      this.#at += take;
      filled += take;
    }
    await Promise.all(reads);
    return seen;
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
    const watched = hashes.begin(target, byteLength, skipped === 0);
    if (target.made) {
      let surplus = skipped % rowBytes(target.dtype, target.shape);
      for (const _ of plans[i] as Block[]) {
        const { value } = await blocks.next();
        yield { ...inMemory((value as Uint8Array).subarray(surplus)), watched };
        surplus = 0;
      }
      continue;
    }
    const copied = target.copyOf as string;
    const shard = source.shardOf(copied);
    const begin = shard.entry(copied).offset + skipped;
    yield { length: byteLength - skipped, watched, read: (target, at) => shard.readInto(target, begin + at) };
  }
}

function inMemory(bytes: Uint8Array): Span {
  return { length: bytes.length, read: (target, at) => void target.set(bytes.subarray(at, at + target.length)) };
}
