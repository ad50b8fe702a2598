// What fusion decides about a graph: which values are in memory, how the others are computed, and what runs in which
// order.
import type { Node, Value } from "@cambium/ir";
import type { InlineLowering, KernelLowering } from "../lower/lowering.js";

/** A node that is an expression inside the kernels that use it. */
export interface InlineNode {
  readonly node: Node;
  readonly lowering: InlineLowering;
}

/** One thing to run: nodes with kernels of their own, or a kernel that computes expressions of one size into memory. */
export type FusionStep =
  | { readonly kind: "nodes"; readonly nodes: readonly Node[]; readonly lowering: KernelLowering }
  | { readonly kind: "expressions"; readonly roots: readonly Value[] };

export interface Fusion {
  readonly steps: readonly FusionStep[];
  /** How a value that is not in memory is computed; undefined for a value in memory. */
  expression(value: Value): InlineNode | undefined;
  /** How a value is computed that is an expression or is stored from one. */
  maker(value: Value): InlineNode | undefined;
  /** The value whose memory `value` shares: itself, or the value it is a reshape of. */
  home(value: Value): Value;
  /**
   * What is stored where a kernel produces `value`: the value itself, or the end of the elementwise work fused onto it.
   */
  stored(value: Value): Value;
  /** The values in memory that computing the expression `value` reads. */
  leaves(value: Value): readonly Value[];
  /** Where in the model `value` is made. */
  scope(value: Value): string | undefined;
}
