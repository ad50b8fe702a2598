// Causal attention in blocks of rows, each against the keys it may see: for long sequences half the work of the whole
// square.
import { AttentionLayout, attentionSizes, type Block } from "@cambium/backend";
import type { Node } from "@cambium/ir";
import { blocksOf, type Heads } from "../fuse/ops/attention.js";
import { contrib, type OnnxAttribute, type OnnxGraph } from "../onnx/graph.js";
import { type Lowering, type LoweringContext, nameOf, reshaped, typeOf } from "./lowering.js";

/** Added to the scores of the future: their exponential is 0. */
const masked = -1e30;

export const attention: Lowering<Heads> = (context) => {
  const layout = layoutOf(context);
  const { graph } = context;
  const { blocks, sizes } = layout;
  const alpha = { float: layout.alpha };
  if (inOneNode(sizes.context, context.read[1])) return [whole(context), ""];
  const [q, k, v] = [byHead(context, layout, 0), byHead(context, layout, 1), byHead(context, layout, 2)];
  const outs: string[] = [];
  const probabilities = blocks.map((block) => {
    const scores = layout.apart(
      product(graph, rowsOf(graph, layout, q, block), layout.keys(k, block), { transB: 1, alpha }),
      block,
      block.to,
    );
    const p = graph.node("Softmax", [graph.node("Add", [scores, mask(graph, block)])], { axis: -1 });
    outs.push(layout.apart(product(graph, layout.together(p, block, block.to), layout.keys(v, block)), block));
    return p;
  });
  return [layout.sideBySide(joined(graph, outs), sizes.heads), ...probabilities];
};

/** Without a gradient and with nothing to skip, ONNX's own operator computes it in one node. */
function inOneNode(context: number, keepsProbabilities: boolean | undefined): boolean {
  return blocksOf(context).length === 1 && !keepsProbabilities;
}

/** Whether an attention node is lowered to one node of ONNX. */
export function isWhole({ inputs, outputs }: Node, read: (id: number) => boolean): boolean {
  return inOneNode(inputs[0]?.type.shape[1] as number, outputs[1] && read(outputs[1].id));
}

export const attentionGrad: Lowering<Heads> = (context) => {
  const layout = layoutOf(context);
  const { graph } = context;
  const { batch, context: length, heads, kvHeads, headDim } = layout.sizes;
  const alpha = { float: layout.alpha };
  const [, , , , , ...probabilities] = context.inputs;
  const [q, k] = [byHead(context, layout, 0), byHead(context, layout, 1)];
  const [v, grad] = [byHead(context, layout, 2), byHead(context, layout, 4)];
  // Each row's Σ out ∘ grad, which equals its Σ probability · cotangent of the probability.
  const weighted = graph.node("Mul", [nameOf(context, 3), nameOf(context, 4)]);
  const sums = graph.node("ReduceSum", [reshaped(graph, weighted, [batch, length, heads, headDim]), graph.ints([3])], {
    keepdims: 1,
  });
  const delta = graph.node("Transpose", [sums], { perm: [0, 2, 1, 3] });

  const qGrads: string[] = [];
  let [kGrad, vGrad] = ["", ""];
  layout.blocks.forEach((block, i) => {
    const p = layout.together(probabilities[i] as string, block, block.to);
    const outGrad = rowsOf(graph, layout, grad, block);
    const cotangents = product(graph, outGrad, layout.keys(v, block), { transB: 1 });
    const scoreGrad = graph.node("Mul", [graph.node("Sub", [cotangents, rowsOf(graph, layout, delta, block, 1)]), p]);
    qGrads.push(layout.apart(product(graph, scoreGrad, layout.keys(k, block), { alpha }), block));
    const queries = rowsOf(graph, layout, q, block);
    kGrad = sum(graph, layout, kGrad, product(graph, scoreGrad, queries, { transA: 1, alpha }), block);
    vGrad = sum(graph, layout, vGrad, product(graph, p, outGrad, { transA: 1 }), block);
  });
  const grads = [
    [joined(graph, qGrads), heads],
    [kGrad, kvHeads],
    [vGrad, kvHeads],
  ] as const;
  return grads.map(([x, n]) => layout.sideBySide(x, n));
};

function layoutOf(context: LoweringContext<Heads>): AttentionLayout<string> {
  const { graph, attrs } = context;
  const sizes = attentionSizes(typeOf(context, 0).shape, attrs);
  const blocks = blocksOf(sizes.context);
  return new AttentionLayout(sizes, blocks, {
    reshape: (x, shape) => reshaped(graph, x, shape),
    transpose: (x, perm) => graph.node("Transpose", [x], { perm }),
    rows: (x, from, to) => {
      const cut = () => graph.node("Slice", [x, graph.ints([from]), graph.ints([to]), graph.ints([2])]);
      // The first block's keys are kept for the backward pass. Those of all blocks would take as much memory as the
      // probabilities.
      return to === blocks[0]?.to ? graph.once(`${x} up to ${to}`, cut) : cut();
    },
  });
}

/** Input [batch, context, n · headDim] as [batch, n, context, headDim]; made once for forward and backward. */
function byHead(context: LoweringContext<Heads>, layout: AttentionLayout<string>, input: number): string {
  const name = nameOf(context, input);
  const { headDim } = layout.sizes;
  const heads = (typeOf(context, input).shape[2] as number) / headDim;
  return context.graph.once(`${name} by head of ${headDim}`, () => layout.byHead(name, heads));
}

/**
 * A block's rows of `x` by head, as `AttentionLayout.rows`. All blocks are cut at once, for forward and backward: threads
 * share a Split, whereas one alone makes a Slice.
 */
function rowsOf(graph: OnnxGraph, layout: AttentionLayout<string>, x: string, block: Block, width?: number): string {
  const { blocks } = layout;
  if (blocks.length === 1) return layout.rows(x, block, width);
  const pieces = graph.once(`${x} in blocks`, () => {
    const rows = graph.ints(blocks.map(({ from, to }) => to - from));
    return graph.nodes("Split", [x, rows], { axis: 2 }, { outputs: blocks.map(() => true) });
  });
  return layout.together(pieces[blocks.indexOf(block)] as string, block, width ?? layout.sizes.headDim);
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
function sum(graph: OnnxGraph, { sizes }: AttentionLayout<string>, before: string, x: string, block: Block): string {
  if (before === "") return x;
  const missing = [sizes.batch, sizes.kvHeads, block.to - block.from, sizes.headDim];
  // One thread alone would compute a Pad.
  const zeros = graph.once(`zeros ${missing}`, () => graph.node("Expand", [graph.scalar(0), graph.ints(missing)]));
  return graph.node("Add", [x, graph.node("Concat", [before, zeros], { axis: 2 })]);
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
