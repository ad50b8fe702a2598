// Causal attention in blocks of rows, each against the keys it may see: half the work of the whole square for long
// sequences. Heads that share a key/value head stand under one another, so that their gradients sum in the product.
import { type Block, blocksOf, type Heads } from "../fuse/ops/attention.js";
import { contrib, type OnnxAttribute, type OnnxGraph } from "../onnx/graph.js";
import { type Lowering, type LoweringContext, nameOf, outputShape, reshaped, typeOf } from "./lowering.js";

/** Added to the scores of the future: their exponential is 0. */
const masked = -1e30;

export const attention: Lowering<Heads> = (context) => {
  const layout = new Layout(context);
  const { graph, blocks, alpha } = layout;
  // Where no gradient follows and there is nothing to skip, ONNX's own operator does it in one.
  if (blocks.length === 1 && !context.read[1]) return [whole(context), ""];
  const [q, k, v] = [layout.byHead(0), layout.byHead(1), layout.byHead(2)];
  const outs: string[] = [];
  const probabilities = blocks.map((block) => {
    const scores = layout.apart(
      product(graph, layout.rows(q, block), layout.keys(k, block), { transB: 1, alpha }),
      block,
      block.to,
    );
    const p = graph.node("Softmax", [graph.node("Add", [scores, mask(graph, block)])], { axis: -1 });
    outs.push(layout.apart(product(graph, layout.together(p, block, block.to), layout.keys(v, block)), block));
    return p;
  });
  return [layout.sideBySide(joined(graph, outs), 0), ...probabilities];
};

export const attentionGrad: Lowering<Heads> = (context) => {
  const layout = new Layout(context);
  const { graph, batch, time, heads, headDim, alpha } = layout;
  const [, , , , , ...probabilities] = context.inputs;
  const [q, k, v, grad] = [layout.byHead(0), layout.byHead(1), layout.byHead(2), layout.byHead(4)];
  // Each row's Σ out ∘ grad, which is its Σ probability · cotangent of it.
  const weighted = graph.node("Mul", [nameOf(context, 3), nameOf(context, 4)]);
  const sums = graph.node("ReduceSum", [reshaped(graph, weighted, [batch, time, heads, headDim]), graph.ints([3])], {
    keepdims: 1,
  });
  const delta = graph.node("Transpose", [sums], { perm: [0, 2, 1, 3] });

  const qGrads: string[] = [];
  let [kGrad, vGrad] = ["", ""];
  layout.blocks.forEach((block, i) => {
    const p = layout.together(probabilities[i] as string, block, block.to);
    const outGrad = layout.rows(grad, block);
    const cotangents = product(graph, outGrad, layout.keys(v, block), { transB: 1 });
    const scoreGrad = graph.node("Mul", [graph.node("Sub", [cotangents, layout.rows(delta, block, 1)]), p]);
    qGrads.push(layout.apart(product(graph, scoreGrad, layout.keys(k, block), { alpha }), block));
    kGrad = sum(graph, kGrad, product(graph, scoreGrad, layout.rows(q, block), { transA: 1, alpha }), block);
    vGrad = sum(graph, vGrad, product(graph, p, outGrad, { transA: 1 }), block);
  });
  return [joined(graph, qGrads), kGrad, vGrad].map((x, output) => layout.sideBySide(x, output));
};

/** How one attention node's tensors are cut: by head, by block of rows, by group of heads. */
class Layout {
  readonly graph: OnnxGraph;
  readonly batch: number;
  readonly time: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly blocks: readonly Block[];
  /** 1/√headDim. */
  readonly alpha: OnnxAttribute;

  constructor(private readonly context: LoweringContext<Heads>) {
    const [batch, time, width] = typeOf(context, 0).shape as [number, number, number];
    this.graph = context.graph;
    this.batch = batch;
    this.time = time;
    this.heads = context.attrs.heads;
    this.kvHeads = context.attrs.kvHeads;
    this.headDim = width / this.heads;
    this.blocks = blocksOf(time);
    this.alpha = { float: 1 / Math.sqrt(this.headDim) };
  }

  /** Input [batch, time, n · headDim] as [batch, n, time, headDim]; made once for forward and backward. */
  byHead(input: number): string {
    const name = nameOf(this.context, input);
    const heads = (typeOf(this.context, input).shape[2] as number) / this.headDim;
    return this.graph.once(`${name} by head of ${this.headDim}`, () => {
      const split = reshaped(this.graph, name, [this.batch, this.time, heads, this.headDim]);
      return this.graph.node("Transpose", [split], { perm: [0, 2, 1, 3] });
    });
  }

  /** [batch, n, time, headDim] as output `output` of the node. */
  sideBySide(x: string, output: number): string {
    const turned = this.graph.node("Transpose", [x], { perm: [0, 2, 1, 3] });
    return reshaped(this.graph, turned, outputShape(this.context, output));
  }

  /** What a block sees of `x` [batch, kvHeads, time, headDim]. */
  keys(x: string, { to }: Block): string {
    return this.#cut(x, 0, to);
  }

  /** A block's rows of `x` [batch, heads, time, width], grouped. */
  rows(x: string, block: Block, width = this.headDim): string {
    return this.together(this.#cut(x, block.from, block.to), block, width);
  }

  /** [batch, heads, rows, width] → [batch, kvHeads, heads / kvHeads · rows, width]. */
  together(x: string, { from, to }: Block, width: number): string {
    if (this.heads === this.kvHeads) return x;
    return reshaped(this.graph, x, [this.batch, this.kvHeads, (this.heads / this.kvHeads) * (to - from), width]);
  }

  /** The inverse of `together`. */
  apart(x: string, { from, to }: Block, width = this.headDim): string {
    return this.heads === this.kvHeads ? x : reshaped(this.graph, x, [this.batch, this.heads, to - from, width]);
  }

  #cut(x: string, from: number, to: number): string {
    if (from === 0 && to === this.time) return x;
    return this.graph.node("Slice", [x, this.graph.ints([from]), this.graph.ints([to]), this.graph.ints([2])]);
  }
}

function whole({ graph, inputs, attrs }: LoweringContext<Heads>): string {
  return graph.node("Attention", inputs, { is_causal: 1, q_num_heads: attrs.heads, kv_num_heads: attrs.kvHeads });
}

function product(
  graph: OnnxGraph,
  a: string,
  b: string,
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): string {
  return graph.node("FusedMatMul", [a, b], attributes, contrib);
}

function joined(graph: OnnxGraph, blocks: readonly string[]): string {
  return blocks.length === 1 ? (blocks[0] as string) : graph.node("Concat", blocks, { axis: 2 });
}

/** `before`, which ends where the block begins, plus `x`, which ends where the block ends. */
function sum(graph: OnnxGraph, before: string, x: string, { from, to }: Block): string {
  if (before === "") return x;
  return graph.node("Add", [x, graph.node("Pad", [before, graph.ints([0, 0, 0, 0, 0, 0, to - from, 0])])]);
}

/** f32 [rows, keys], 0 where the row may see the key: the triangle at the block's end, zeros before it. */
function mask(graph: OnnxGraph, { from, to }: Block): string {
  const rows = to - from;
  return graph.once(`mask ${from} ${to}`, () => {
    const cells = Array.from({ length: rows * rows }, (_, i) => (i % rows > Math.floor(i / rows) ? masked : 0));
    const triangle = graph.constant("f32", [rows, rows], cells);
    return from === 0 ? triangle : graph.node("Pad", [triangle, graph.ints([0, from, 0, 0])]);
  });
}
