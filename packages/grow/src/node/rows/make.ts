// The bytes of computed tensors, a block of rows at a time: which blocks there are, and how one is made. `RowMakers`
// makes them, here or on other threads.
import type { StoredDType } from "@cambium/checkpoint";
import { compileTyped, type Typed, withRows } from "@cambium/growth";
import type { FloatDType } from "@cambium/model";
import { checkF16Range, encode, rowBytes, rowReader, rowWidth, type Stored } from "./stored.js";

/** How a tensor is made, as data that can be sent to another thread. */
export interface Made {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  readonly typed: Typed;
  /** The dtype to which its source tensors are rounded first. */
  readonly readAs?: FloatDType | undefined;
  /** The source tensors that it is made from. */
  readonly sources: readonly string[];
}

/** Rows `start` to `end` of a tensor. */
export interface Block {
  readonly made: Made;
  readonly start: number;
  readonly end: number;
}

/** Makes blocks, `ahead` of them at once. */
export interface RowMakers extends AsyncDisposable {
  /** How many blocks to request ahead. */
  readonly ahead: number;
  /** The bytes are overwritten once `ahead` further blocks have been asked for. */
  make(block: Block): Promise<Uint8Array>;
}

/** Numbers in a block. */
const BLOCK = 1 << 18;

/** Numbers made at a time, few enough that the processor's cache holds them from step to step. */
const PIECE = 1 << 15;

/** The blocks of a tensor, from the row that contains byte `from`. */
export function blocksOf(made: Made, from = 0): Block[] {
  const { dtype, shape } = made;
  const height = shape[0] as number;
  const step = Math.max(1, Math.floor(BLOCK / rowWidth(shape)));
  const blocks: Block[] = [];
  for (let start = Math.floor(from / rowBytes(dtype, shape)); start < height; start += step)
    blocks.push({ made, start, end: Math.min(start + step, height) });
  return blocks;
}

/** Bytes of a block. */
export function blockBytes({ made, start, end }: Block): number {
  return (end - start) * rowBytes(made.dtype, made.shape);
}

/** A function that makes rows of one tensor from `stored` and writes them to `out`. */
export function blockMaker(made: Made, stored: Stored): (start: number, end: number, out: Uint8Array) => Promise<void> {
  const { name, dtype, shape, typed, readAs } = made;
  const value = compileTyped(typed, { read: rowReader(stored, readAs), found: "init", power: 1 });
  const bytes = rowBytes(dtype, shape);
  const step = Math.max(1, Math.floor(PIECE / rowWidth(shape)));
  return async (start, end, out) => {
    for (let from = start; from < end; from += step) {
      await withRows(value, from, Math.min(from + step, end), (piece) => {
        if (dtype === "F16") checkF16Range(name, piece);
        encode(dtype, piece, out.subarray((from - start) * bytes));
      });
    }
  };
}

/** Blocks in their order, made ahead. The bytes of one are overwritten when the next one is asked for. */
export async function* madeBlocks(blocks: Iterable<Block>, makers: RowMakers): AsyncGenerator<Uint8Array> {
  const under: Promise<Uint8Array>[] = [];
  for (const block of blocks) {
    const making = makers.make(block);
    // Reported when its turn comes.
    making.catch(() => undefined);
    under.push(making);
    if (under.length >= makers.ahead) yield (await under.shift()) as Uint8Array;
  }
  for (const making of under) yield await making;
}
