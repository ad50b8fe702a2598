// AttentionLayout: splits the tensors of causal attention by head, by block of rows and by group of heads, for backends
// that compute attention in blocks. Query heads that share a key/value head are stacked, so that the matrix product for
// the gradient of keys or values also sums over them.
import type { Shape } from "@cambium/ir";

/** Rows [from, to) of the scores; they see the keys [0, to). */
export interface Block {
  readonly from: number;
  readonly to: number;
}

/** The data movement that a backend provides while it lowers a node. */
export interface Moves<T> {
  reshape(x: T, shape: Shape): T;
  transpose(x: T, permutation: readonly number[]): T;
  /** Rows [from, to) of `x` [batch, n, context, width]. */
  rows(x: T, from: number, to: number): T;
}

export interface AttentionSizes {
  readonly batch: number;
  readonly context: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** The sizes of attention over queries of shape [batch, context, heads · headDim]. */
export function attentionSizes(
  query: Shape,
  { heads, kvHeads }: { readonly heads: number; readonly kvHeads: number },
): AttentionSizes {
  const [batch, context, width] = query as readonly [number, number, number];
  return { batch, context, heads, kvHeads, headDim: width / heads };
}

export class AttentionLayout<T> {
  constructor(
    readonly sizes: AttentionSizes,
    readonly blocks: readonly Block[],
    private readonly moves: Moves<T>,
  ) {}

  /** 1/√headDim, the scale of the scores. */
  get alpha(): number {
    return 1 / Math.sqrt(this.sizes.headDim);
  }

  /** [batch, context, n · headDim] → [batch, n, context, headDim]. */
  byHead(x: T, n: number): T {
    const { batch, context, headDim } = this.sizes;
    return this.moves.transpose(this.moves.reshape(x, [batch, context, n, headDim]), [0, 2, 1, 3]);
  }

  /** [batch, n, context, headDim] → [batch, context, n · headDim]. */
  sideBySide(x: T, n: number): T {
    const { batch, context, headDim } = this.sizes;
    return this.moves.reshape(this.moves.transpose(x, [0, 2, 1, 3]), [batch, context, n * headDim]);
  }

  /** The part of `x` [batch, kvHeads, context, headDim] that a block sees. */
  keys(x: T, { to }: Block): T {
    return this.#cut(x, 0, to);
  }

  /** A block's rows of `x` [batch, heads, context, width], grouped by `together`. */
  rows(x: T, block: Block, width: number = this.sizes.headDim): T {
    return this.together(this.#cut(x, block.from, block.to), block, width);
  }

  /** [batch, heads, rows, width] → [batch, kvHeads, heads / kvHeads · rows, width]. */
  together(x: T, { from, to }: Block, width: number): T {
    const { batch, heads, kvHeads } = this.sizes;
    return heads === kvHeads ? x : this.moves.reshape(x, [batch, kvHeads, (heads / kvHeads) * (to - from), width]);
  }

  /** The inverse of `together`. */
  apart(x: T, { from, to }: Block, width: number = this.sizes.headDim): T {
    const { batch, heads, kvHeads } = this.sizes;
    return heads === kvHeads ? x : this.moves.reshape(x, [batch, heads, to - from, width]);
  }

  #cut(x: T, from: number, to: number): T {
    return from === 0 && to === this.sizes.context ? x : this.moves.rows(x, from, to);
  }
}
