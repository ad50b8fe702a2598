// The memory of a growth, whatever the model's size: blocks being written, and what expressions hold.
import { type Expr, type GrowthPlan, walk } from "@cambium/growth";
import { highest, numel } from "@cambium/ir";
import { alignedBlocks } from "./block-file.js";
import { hashesInThread } from "./hashing/hashes.js";
import { threadsFor } from "./rows/makers.js";
import type { TargetTensor } from "./target.js";

/** Bytes of one write. Several of this size keep a fast disk busy. */
const BLOCK_BYTES = 32 << 20;

/** Number of blocks: one is being filled, the others are being written. */
const BLOCKS = 3;

/** A Node.js process with the headers of a large model; measured. */
const PROCESS_BYTES = 110e6;

/** The blocks for a growth of `total` bytes; smaller if flushes come more often. */
export function blocksFor(
  total: number,
  flushBytes = Number.POSITIVE_INFINITY,
): { readonly bytes: number; make(): Uint8Array[] } {
  const size = Math.max(1, Math.min(BLOCK_BYTES, total, flushBytes));
  return { bytes: BLOCKS * size, make: () => alignedBlocks(BLOCKS, size) };
}

/** Rows that a thread holds, made or received, before V8 collects memory outside its heap. */
const ROWS_BYTES = 64 << 20;

/** A thread without its rows; measured. With two of them direct-width made 814 MB of bf16 in 238 MB in total. */
const THREAD_BYTES = 25e6;

/** The most bytes besides the blocks. @param bytesIn bytes of the source's weights */
export function heldBytes(tensors: readonly TargetTensor[], plan: GrowthPlan, bytesIn: number): number {
  const hashing = hashesInThread(bytesIn) ? THREAD_BYTES : 0;
  return PROCESS_BYTES + hashing + makingBytes(tensors, plan);
}

function makingBytes(tensors: readonly TargetTensor[], plan: GrowthPlan): number {
  const computed = tensors.filter(({ copyOf }) => copyOf === undefined);
  if (computed.length === 0) return 0;
  const products = Object.values(plan.tensors).some(hasProduct);
  const largest = highest(computed.map(({ shape }) => numel(shape)));
  // Rows are read from several tensors and copied by each step; a factor of a matrix product is held whole.
  const threads = threadsFor(tensors);
  const making = (threads + 1) * ROWS_BYTES + threads * THREAD_BYTES;
  return making + (products ? 2 * 8 * largest : 0);
}

function hasProduct(expr: Expr): boolean {
  let found = false;
  walk(expr, ({ kind }) => {
    found ||= kind === "matmul";
  });
  return found;
}
