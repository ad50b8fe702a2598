// Causal attention in blocks of rows, each against the keys it may see: less of the square's upper half the more blocks.
// Where forward and backward stand in one graph, the backward pass finds the probabilities that the forward pass made.
import type { CompositeAttrs } from "@cambium/ir";
import { type Block, Layout } from "./attention-layout.js";
import { type Lowering, type LoweringContext, operand } from "./lowering.js";

type Ref = LoweringContext["inputs"][number];

/** Added to the scores of the future: their exponential is 0. */
const masked = -1e30;

export const causalAttention: Lowering<CompositeAttrs<"causalAttention">> = (context) => {
  const layout = new Layout(context);
  const { kernels } = context;
  const v = layout.byHead(operand(context, 2));
  const outs: Ref[] = [];
  const sums: Ref[] = [];
  for (const block of layout.blocks) {
    const { scores, probabilities } = softmax(context, layout, block);
    outs.push(layout.apart(kernels.matmul(probabilities, layout.keys(v, block)), block));
    // The row's largest probability is 1/Σ exp(score − peak): log Σ exp(score) = peak − log of it.
    const certain = kernels.unary("Log", kernels.max(probabilities, [3]));
    const logSumExp = kernels.binary("Sub", kernels.max(scores, [3]), certain);
    sums.push(kernels.reshape(logSumExp, [layout.batch, layout.heads, block.to - block.from]));
  }
  return [layout.sideBySide(kernels.concat(outs, 2)), kernels.concat(sums, 2)];
};

export const causalAttentionGrad: Lowering<CompositeAttrs<"causalAttentionGrad">> = (context) => {
  const layout = new Layout(context);
  const { kernels } = context;
  const { alpha, batch, time, heads, headDim } = layout;
  const q = layout.query();
  const [k, v] = [layout.byHead(operand(context, 1)), layout.byHead(operand(context, 2))];
  const grad = layout.byHead(operand(context, 5));
  // Each row's Σ out ∘ grad, which is its Σ probability · cotangent of it.
  const weighted = kernels.binary("Multiply", operand(context, 3), operand(context, 5));
  const delta = kernels.sum(kernels.reshape(weighted, [batch, time, heads, headDim]), [3], true);
  const deltaByHead = kernels.transpose(delta, [0, 2, 1, 3]);
  const qGrads: Ref[] = [];
  let kGrad: Ref | undefined;
  let vGrad: Ref | undefined;
  for (const block of layout.blocks) {
    const p = probabilitiesGiven(context, layout, block);
    const rowsGrad = layout.rows(grad, block);
    const cotangents = kernels.matmul(rowsGrad, layout.keys(v, block), { transB: true });
    const scoreGrad = kernels.binary("Multiply", kernels.binary("Sub", cotangents, layout.rows(deltaByHead, block)), p);
    qGrads.push(layout.apart(kernels.matmul(scoreGrad, layout.keys(k, block)), block));
    kGrad = longer(kGrad, kernels.matmul(scoreGrad, layout.rows(q, block), { transA: true }), block);
    vGrad = longer(vGrad, kernels.matmul(p, rowsGrad, { transA: true }), block);
  }
  const grads = [kernels.scale(kernels.concat(qGrads, 2), alpha), kGrad as Ref, vGrad as Ref];
  return grads.map((x) => layout.sideBySide(x));

  /** `before`, which ends where the block begins, plus `x`, which ends where the block ends. */
  function longer(before: Ref | undefined, x: Ref, { from, to }: Block): Ref {
    if (!before) return x;
    return kernels.binary("Add", x, kernels.pad(before, [0, 0, 0, 0], [0, 0, to - from, 0]));
  }
};

/** A block's masked scores and their softmax [batch, kvHeads, heads / kvHeads · rows, keys]. */
function softmax(context: LoweringContext, layout: Layout, block: Block): { scores: Ref; probabilities: Ref } {
  const scores = maskedScores(context, layout, block);
  return { scores, probabilities: context.kernels.softmax(scores) };
}

/** The forward pass's probabilities where `logSumExp` is of this forward pass; else made from it. */
function probabilitiesGiven(context: LoweringContext, layout: Layout, block: Block): Ref {
  const { kernels, inputs } = context;
  const logSumExp = operand(context, 4);
  const forward = kernels.program.origin(logSumExp);
  const own = forward?.op === "causalAttention" && [0, 1].every((i) => forward.inputs[i]?.slot === inputs[i]?.slot);
  if (own) return softmax(context, layout, block).probabilities;
  const column = layout.rows(kernels.reshape(logSumExp, [layout.batch, layout.heads, layout.time, 1]), block);
  return kernels.unary("Exp", kernels.binary("Sub", maskedScores(context, layout, block), column));
}

function maskedScores(context: LoweringContext, layout: Layout, block: Block): Ref {
  const { kernels } = context;
  const [rows, keys] = [block.to - block.from, block.to];
  const cells = new Float32Array(rows * keys).map((_, i) =>
    i % keys > block.from + Math.floor(i / keys) ? masked : 0,
  );
  const mask = kernels.program.constant(cells, [rows, keys], "float32");
  const k = layout.byHead(operand(context, 1));
  const products = kernels.matmul(layout.rows(layout.query(), block), layout.keys(k, block), { transB: true });
  const squares = kernels.reshape(products, [layout.batch * layout.heads, rows, keys]);
  return kernels.reshape(kernels.binary("Add", squares, mask), products.shape);
}
