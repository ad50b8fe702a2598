// The sizes of an attention node, and what its kernels share.
import type { Node, Value } from "@cambium/ir";

export interface AttentionSizes {
  readonly batch: number;
  readonly time: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Query heads that share a key/value head. */
  readonly group: number;
  readonly headDim: number;
  /** 1/√headDim, as WGSL. */
  readonly scale: string;
}

/** @param node a causalAttention or causalAttentionGrad node */
export function attentionSizes(node: Node): AttentionSizes {
  const [q] = node.inputs as readonly [Value];
  const [batch, time, width] = q.type.shape as [number, number, number];
  const { heads, kvHeads } = node.attrs as { heads: number; kvHeads: number };
  const headDim = width / heads;
  return { batch, time, heads, kvHeads, group: heads / kvHeads, headDim, scale: `${1 / Math.sqrt(headDim)}f` };
}

/** For labels: batch×time and heads/kvHeads×headDim. */
export function sizesLabel({ batch, time, heads, kvHeads, headDim }: AttentionSizes): string {
  return `${batch}×${time} ${heads === kvHeads ? heads : `${heads}/${kvHeads}`}×${headDim}`;
}

/** 2 to the power of a score times this is e to the power of the scaled score; exp2 is at least as fast as exp. */
export function scoreScale({ headDim }: AttentionSizes): string {
  return `${Math.LOG2E / Math.sqrt(headDim)}f`;
}

/** What a masked score is, and where a running maximum begins; exp of it is 0. */
export const masked = "-1e30f";
