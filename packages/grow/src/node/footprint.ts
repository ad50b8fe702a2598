// Memory that a growth takes, whatever the model's size: blocks under way, and what expressions hold.
import { type Expr, type GrowthPlan, walk } from "@cambium/growth";
import { highest } from "@cambium/ir";
import { alignedBlocks } from "./block-file.js";
import { BLOCK_ROWS_BYTES } from "./rows.js";
import type { TargetTensor } from "./target.js";

/** Bytes of one write. Several of this size keep a fast disk at work. */
const BLOCK_BYTES = 32 << 20;

/** Blocks at once: one is filled, the others are being written. */
const BLOCKS = 3;

/** A Node.js process with the headers of a large model; measured. */
const PROCESS_BYTES = 110e6;

/** The blocks for a growth of `total` bytes, smaller where a flush comes after fewer. */
export function blocksFor(
  total: number,
  flushBytes = Number.POSITIVE_INFINITY,
): { readonly bytes: number; make(): Uint8Array[] } {
  const size = Math.max(1, Math.min(BLOCK_BYTES, total, flushBytes));
  return { bytes: BLOCKS * size, make: () => alignedBlocks(BLOCKS, size) };
}

/**
 * Blocks of rows alive at once where rows are computed, those that wait for the garbage collector included: direct-width
 * made 158 MB of bf16 in 254 MB all told, blocks to write and process included, and 518 MB in 344 MB at most.
 */
const BLOCKS_OF_ROWS = 64;

/** Bytes besides the blocks, at most. */
export function heldBytes(tensors: readonly TargetTensor[], plan: GrowthPlan): number {
  const computed = tensors.filter(({ copyOf }) => copyOf === undefined);
  if (computed.length === 0) return PROCESS_BYTES;
  const products = Object.values(plan.tensors).some(hasProduct);
  const largest = highest(computed.map(({ shape }) => shape.reduce((product, n) => product * n, 1)));
  // Rows are read from several tensors and made anew by each step; a factor of a matrix product is held whole.
  return PROCESS_BYTES + BLOCKS_OF_ROWS * BLOCK_ROWS_BYTES + (products ? 2 * 8 * largest : 0);
}

function hasProduct(expr: Expr): boolean {
  let found = false;
  walk(expr, ({ kind }) => {
    found ||= kind === "matmul";
  });
  return found;
}
