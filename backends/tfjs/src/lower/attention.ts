// Causal attention in blocks of rows, each against the keys it may see: the more blocks, the less of the square's upper
// half is computed. If a graph holds forward and backward pass, the backward pass reuses the forward's probabilities.
import { AttentionLayout, attentionSizes, type Block } from "@cambium/backend";
import type { CompositeAttrs } from "@cambium/ir";
import { type Lowering, type LoweringContext, operand } from "./lowering.js";

type Ref = LoweringContext["inputs"][number];
type Layout = AttentionLayout<Ref>;
type Context = LoweringContext<CompositeAttrs<"causalAttention">>;

/** Rows in a block. Smaller blocks skip more of the square and cost more kernels. */
const blockRows = 128;

/** Added to the scores of the future: their exponential is 0. */
const masked = -1e30;

export const causalAttention: Lowering<CompositeAttrs<"causalAttention">> = (context) => {
  const layout = layoutOf(context);
  const { kernels } = context;
  const { batch, heads } = layout.sizes;
  const v = layout.byHead(operand(context, 2), layout.sizes.kvHeads);
  const outs: Ref[] = [];
  const sums: Ref[] = [];
  for (const block of layout.blocks) {
    const { scores, probabilities } = softmax(context, layout, block);
    outs.push(layout.apart(kernels.matmul(probabilities, layout.keys(v, block)), block));
    // The row's largest probability is 1/Σ exp(score − peak): log Σ exp(score) = peak − log of it.
    const certain = kernels.unary("Log", kernels.max(probabilities, [3]));
    const logSumExp = kernels.binary("Sub", kernels.max(scores, [3]), certain);
    sums.push(kernels.reshape(logSumExp, [batch, heads, block.to - block.from]));
  }
  return [layout.sideBySide(kernels.concat(outs, 2), heads), kernels.concat(sums, 2)];
};

export const causalAttentionGrad: Lowering<CompositeAttrs<"causalAttentionGrad">> = (context) => {
  const layout = layoutOf(context);
  const { kernels } = context;
  const { batch, context: length, heads, kvHeads, headDim } = layout.sizes;
  const q = query(context, layout);
  const [k, v] = [layout.byHead(operand(context, 1), kvHeads), layout.byHead(operand(context, 2), kvHeads)];
  const grad = layout.byHead(operand(context, 5), heads);
  // Each row's Σ out ∘ grad, which equals its Σ probability · cotangent of the probability.
  const weighted = kernels.binary("Multiply", operand(context, 3), operand(context, 5));
  const delta = kernels.sum(kernels.reshape(weighted, [batch, length, heads, headDim]), [3], true);
  const deltaByHead = kernels.transpose(delta, [0, 2, 1, 3]);
  const qGrads: Ref[] = [];
  let kGrad: Ref | undefined;
  let vGrad: Ref | undefined;
  for (const block of layout.blocks) {
    const p = probabilitiesGiven(context, layout, block);
    const rowsGrad = layout.rows(grad, block);
    const cotangents = kernels.matmul(rowsGrad, layout.keys(v, block), { transB: true });
    const scoreGrad = kernels.binary(
      "Multiply",
      kernels.binary("Sub", cotangents, layout.rows(deltaByHead, block, 1)),
      p,
    );
    qGrads.push(layout.apart(kernels.matmul(scoreGrad, layout.keys(k, block)), block));
    kGrad = longer(kGrad, kernels.matmul(scoreGrad, layout.rows(q, block), { transA: true }), block);
    vGrad = longer(vGrad, kernels.matmul(p, rowsGrad, { transA: true }), block);
  }
  return [
    layout.sideBySide(kernels.scale(kernels.concat(qGrads, 2), layout.alpha), heads),
    layout.sideBySide(kGrad as Ref, kvHeads),
    layout.sideBySide(vGrad as Ref, kvHeads),
  ];

  /** `before`, which ends where the block begins, plus `x`, which ends where the block ends. */
  function longer(before: Ref | undefined, x: Ref, { from, to }: Block): Ref {
    if (!before) return x;
    return kernels.binary("Add", x, kernels.pad(before, [0, 0, 0, 0], [0, 0, to - from, 0]));
  }
};

function layoutOf(context: Context): Layout {
  const { kernels, attrs } = context;
  const sizes = attentionSizes(operand(context, 0).shape, attrs);
  return new AttentionLayout<Ref>(sizes, blocksOf(sizes.context), {
    reshape: (x, shape) => kernels.reshape(x, shape),
    transpose: (x, permutation) => kernels.transpose(x, permutation),
    rows(x, from, to) {
      const [batch, n, , width] = x.shape as [number, number, number, number];
      return kernels.slice(x, [0, 0, from, 0], [batch, n, to - from, width]);
    },
  });
}

/** Blocks of nearly equal size. */
function blocksOf(context: number): Block[] {
  const count = Math.max(1, Math.floor(context / blockRows));
  const edge = (i: number) => Math.floor((i * context) / count);
  return Array.from({ length: count }, (_, i) => ({ from: edge(i), to: edge(i + 1) }));
}

/** The queries by head, scaled. */
function query(context: LoweringContext, layout: Layout): Ref {
  return layout.byHead(context.kernels.scale(operand(context, 0), layout.alpha), layout.sizes.heads);
}

/** A block's masked scores and their softmax [batch, kvHeads, heads / kvHeads · rows, keys]. */
function softmax(context: LoweringContext, layout: Layout, block: Block): { scores: Ref; probabilities: Ref } {
  const scores = maskedScores(context, layout, block);
  return { scores, probabilities: context.kernels.softmax(scores) };
}

/** The probabilities of the forward pass if `logSumExp` comes from it; else computed from `logSumExp`. */
function probabilitiesGiven(context: LoweringContext, layout: Layout, block: Block): Ref {
  const { kernels, inputs } = context;
  const logSumExp = operand(context, 4);
  const forward = kernels.program.origin(logSumExp);
  const own = forward?.op === "causalAttention" && [0, 1].every((i) => forward.inputs[i]?.slot === inputs[i]?.slot);
  if (own) return softmax(context, layout, block).probabilities;
  const { batch, heads, context: length } = layout.sizes;
  const column = layout.rows(kernels.reshape(logSumExp, [batch, heads, length, 1]), block, 1);
  return kernels.unary("Exp", kernels.binary("Sub", maskedScores(context, layout, block), column));
}

function maskedScores(context: LoweringContext, layout: Layout, block: Block): Ref {
  const { kernels } = context;
  const [rows, keys] = [block.to - block.from, block.to];
  const cells = new Float32Array(rows * keys).map((_, i) =>
    i % keys > block.from + Math.floor(i / keys) ? masked : 0,
  );
  const mask = kernels.program.constant(cells, [rows, keys], "float32");
  const { batch, heads, kvHeads } = layout.sizes;
  const k = layout.byHead(operand(context, 1), kvHeads);
  const products = kernels.matmul(layout.rows(query(context, layout), block), layout.keys(k, block), { transB: true });
  const squares = kernels.reshape(products, [batch * heads, rows, keys]);
  return kernels.reshape(kernels.binary("Add", squares, mask), products.shape);
}
