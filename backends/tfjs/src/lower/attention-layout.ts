// How one attention node's tensors are cut: by head, by block of rows, by group of heads. Query heads that share a
// key/value head stand under one another, so that their gradients sum in the product.
import type { CompositeAttrs } from "@cambium/ir";
import { type LoweringContext, operand } from "./lowering.js";

type Ref = LoweringContext["inputs"][number];

/** Rows [from, to) of the scores; they see the keys [0, to). */
export interface Block {
  readonly from: number;
  readonly to: number;
}

/** Rows in a block. Smaller ones skip more of the square and cost more kernels. */
const blockRows = 128;

export class Layout {
  readonly batch: number;
  readonly time: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly blocks: readonly Block[];
  /** 1/√headDim. */
  readonly alpha: number;

  constructor(private readonly context: LoweringContext<CompositeAttrs<"causalAttention">>) {
    const [batch, time, width] = operand(context, 0).shape as [number, number, number];
    this.batch = batch;
    this.time = time;
    this.heads = context.attrs.heads;
    this.kvHeads = context.attrs.kvHeads;
    this.headDim = width / this.heads;
    this.alpha = 1 / Math.sqrt(this.headDim);
    const count = Math.max(1, Math.floor(time / blockRows));
    const edge = (i: number) => Math.floor((i * time) / count);
    this.blocks = Array.from({ length: count }, (_, i) => ({ from: edge(i), to: edge(i + 1) }));
  }

  /** The queries by head, scaled. */
  query(): Ref {
    return this.byHead(this.context.kernels.scale(operand(this.context, 0), this.alpha));
  }

  /** `x` [batch, time, n · headDim] as [batch, n, time, headDim]. */
  byHead(x: Ref): Ref {
    const { kernels } = this.context;
    const { batch, time, headDim } = this;
    const split = kernels.reshape(x, [batch, time, (x.shape[2] as number) / headDim, headDim]);
    return kernels.transpose(split, [0, 2, 1, 3]);
  }

  /** [batch, n, time, headDim] → [batch, time, n · headDim]. */
  sideBySide(x: Ref): Ref {
    const { kernels } = this.context;
    const [batch, heads, time, headDim] = x.shape as [number, number, number, number];
    return kernels.reshape(kernels.transpose(x, [0, 2, 1, 3]), [batch, time, heads * headDim]);
  }

  /** What a block sees of `x` [batch, kvHeads, time, headDim]. */
  keys(x: Ref, { to }: Block): Ref {
    return this.#cut(x, 0, to);
  }

  /** A block's rows of `x` [batch, heads, time, width], grouped: [batch, kvHeads, heads / kvHeads · rows, width]. */
  rows(x: Ref, { from, to }: Block): Ref {
    const shape = [this.batch, this.kvHeads, (this.heads / this.kvHeads) * (to - from), x.shape[3] as number];
    return this.context.kernels.reshape(this.#cut(x, from, to), shape);
  }

  /** The inverse of grouping: [batch, heads, rows, headDim]. */
  apart(x: Ref, { from, to }: Block): Ref {
    return this.context.kernels.reshape(x, [this.batch, this.heads, to - from, this.headDim]);
  }

  #cut(x: Ref, from: number, to: number): Ref {
    if (from === 0 && to === this.time) return x;
    const [batch, heads, , width] = x.shape as [number, number, number, number];
    return this.context.kernels.slice(x, [0, 0, from, 0], [batch, heads, to - from, width]);
  }
}
