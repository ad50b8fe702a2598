// An attention node as its kernels see it: sizes, operands, and the numbers that all of them use.
import { type AttrsOf, causalAttention, causalAttentionGrad, type Node, type Value } from "@cambium/ir";

export interface AttentionSizes {
  readonly batch: number;
  readonly context: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Query heads that share a key/value head. */
  readonly group: number;
  readonly headDim: number;
  /** 1/√headDim, as WGSL. */
  readonly scale: string;
}

function sizesOf(node: Node, { heads, kvHeads }: AttrsOf<typeof causalAttention>): AttentionSizes {
  const [q] = node.inputs as readonly [Value];
  const [batch, context, width] = q.type.shape as [number, number, number];
  const headDim = width / heads;
  return { batch, context, heads, kvHeads, group: heads / kvHeads, headDim, scale: `${1 / Math.sqrt(headDim)}f` };
}

/** A causalAttention node. */
export interface Forward {
  readonly sizes: AttentionSizes;
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly out: Value;
  /** f32 [batch, heads, context]. */
  readonly logSumExp: Value;
}

export function forwardOf(node: Node): Forward {
  const [q, k, v] = node.inputs as [Value, Value, Value];
  const [out, logSumExp] = node.outputs as [Value, Value];
  return { sizes: sizesOf(node, causalAttention.attrsOf(node)), q, k, v, out, logSumExp };
}

/**
 * A causalAttentionGrad node, and `delta` [batch, heads, context]: Σ grad · out of each row, handed from kernel to kernel.
 */
export interface Backward extends Forward {
  readonly grad: Value;
  readonly delta: Value;
  readonly qGrad: Value;
  readonly kGrad: Value;
  readonly vGrad: Value;
}

export function backwardOf(node: Node, delta: Value): Backward {
  const [q, k, v, out, logSumExp, grad] = node.inputs as [Value, Value, Value, Value, Value, Value];
  const [qGrad, kGrad, vGrad] = node.outputs as [Value, Value, Value];
  const sizes = sizesOf(node, causalAttentionGrad.attrsOf(node));
  return { sizes, q, k, v, out, logSumExp, grad, delta, qGrad, kGrad, vGrad };
}

/** For labels: batch×context and heads/kvHeads×headDim. */
export function sizesLabel({ batch, context, heads, kvHeads, headDim }: AttentionSizes): string {
  return `${batch}×${context} ${heads === kvHeads ? heads : `${heads}/${kvHeads}`}×${headDim}`;
}

/** 2 to the power of (score · this) is e to the power of the scaled score; exp2 is at least as fast as exp. */
export function scoreScale({ headDim }: AttentionSizes): string {
  return `${Math.LOG2E / Math.sqrt(headDim)}f`;
}

/** The value of a masked score, and the start of a running maximum; exp of it is 0. */
export const masked = "-1e30f";

/** Index of query row `t` in a tensor [batch, heads, context], with `batch` and `head` in scope. */
export function statistic({ heads, context }: AttentionSizes, t: string): string {
  return `(batch * ${heads}u + head) * ${context}u + ${t}`;
}

/**
 * Row `t` of a query head in a tensor [batch, context, heads, headDim], counted in rows, with `batch` and `head` in scope.
 */
export function queryRow({ context, heads }: AttentionSizes, t: string): string {
  return `(batch * ${context}u + ${t}) * ${heads}u + head`;
}

/**
 * Row `t` of key/value head `kvHead` in a tensor [batch, context, kvHeads, headDim], counted in rows, with `batch` in
 * scope.
 */
export function keyRow({ context, kvHeads }: AttentionSizes, t: string, kvHead: string): string {
  return `(batch * ${context}u + ${t}) * ${kvHeads}u + ${kvHead}`;
}
