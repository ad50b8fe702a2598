// Kernels over many tensors at once: clipping and the optimizer touch every parameter in a few dispatches.
import { numel, type Value } from "@cambium/ir";
import type { KernelBody, KernelIo } from "./kernel.js";

/** One tensor for each role of a kernel over many tensors; all of them have the same number of elements. */
export interface ManyItem {
  readonly values: readonly Value[];
  /** Given to the kernel with each element, as f32. */
  readonly parameter: number;
}

/** Reads and writes of a kernel over many tensors. */
export interface ManyIo extends Pick<KernelIo, "load" | "store"> {
  /** The f32 at element `at` (u32, within the item's tensors) of the value with this role. */
  item(role: number, at: string): string;
  /** The statement that stores it. */
  storeItem(role: number, at: string, expr: string): string;
}

/**
 * A kernel over many f32 tensors, whichever buffers they lie in. The tensors are cut into chunks of `chunk` elements, one
 * workgroup each. In `main`'s scope are `lane`, `begin` and `end` (the chunk's elements within the item), `parameter`
 * (f32) and `chunkId` (u32, numbered over all items in order).
 */
export interface ManyKernel {
  readonly label: string;
  readonly items: readonly ManyItem[];
  /** By role: whether the kernel writes it. */
  readonly writes: readonly boolean[];
  readonly chunk: number;
  /** Invocations of a workgroup. */
  readonly invocations: number;
  /** Values that are read and written as in other kernels. */
  readonly sharedReads: readonly Value[];
  readonly sharedWrites: readonly Value[];
  /** The WGSL extensions it needs. */
  readonly enables?: readonly string[];
  body(io: ManyIo): KernelBody;
}

/** The number of chunks that `items` are cut into. */
export function chunkCount(items: readonly ManyItem[], chunk: number): number {
  return items.reduce((sum, { values }) => sum + Math.ceil(numel((values[0] as Value).type.shape) / chunk), 0);
}
