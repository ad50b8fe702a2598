// Causal attention with the softmax kernel. Where forward and backward stand in one graph, the backward pass finds the
// probabilities that the forward pass made; query heads that share a key/value head stand under one another, so that
// their gradients sum in the product.
import { type Lowering, type LoweringContext, operand } from "./lowering.js";

/** Added to the scores of the future: their exponential is 0. */
const masked = -1e30;

export const causalAttention: Lowering = (context) => {
  const layout = new Layout(context);
  const { kernels } = context;
  const { scores, probabilities } = layout.probabilities();
  const out = layout.sideBySide(kernels.matmul(probabilities, layout.byHead(2)));
  // The row's largest probability is 1/Σ exp(score − peak): log Σ exp(score) = peak − log of it.
  const peak = kernels.max(scores, [3]);
  const certain = kernels.unary("Log", kernels.max(probabilities, [3]));
  const { batch, heads, time } = layout;
  return [out, kernels.reshape(kernels.binary("Sub", peak, certain), [batch, heads, time])];
};

export const causalAttentionGrad: Lowering = (context) => {
  const layout = new Layout(context);
  const { kernels } = context;
  const { alpha, batch, time, heads, kvHeads, headDim } = layout;
  const p = layout.given(operand(context, 4));
  const [q, k, v, grad] = [layout.query(), layout.byHead(1), layout.byHead(2), layout.byHead(5)];
  // Each row's Σ out ∘ grad, which is its Σ probability · cotangent of it.
  const weighted = kernels.binary("Multiply", operand(context, 3), operand(context, 5));
  const sums = kernels.sum(kernels.reshape(weighted, [batch, time, heads, headDim]), [3]);
  const delta = kernels.reshape(kernels.transpose(sums, [0, 2, 1]), [batch, kvHeads, (heads / kvHeads) * time, 1]);
  const cotangents = kernels.matmul(grad, v, { transB: true });
  const scoreGrad = kernels.binary("Multiply", kernels.binary("Sub", cotangents, delta), p);
  const qGrad = kernels.scale(kernels.matmul(scoreGrad, k), alpha);
  const kGrad = kernels.matmul(scoreGrad, q, { transA: true });
  const vGrad = kernels.matmul(p, grad, { transA: true });
  return [qGrad, kGrad, vGrad].map((x) => layout.sideBySide(x));
};

type Ref = LoweringContext["inputs"][number];

class Layout {
  readonly batch: number;
  readonly time: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** 1/√headDim. */
  readonly alpha: number;

  constructor(private readonly context: LoweringContext) {
    const [batch, time, width] = operand(context, 0).shape as [number, number, number];
    this.batch = batch;
    this.time = time;
    this.heads = context.attrs["heads"] as number;
    this.kvHeads = context.attrs["kvHeads"] as number;
    this.headDim = width / this.heads;
    this.alpha = 1 / Math.sqrt(this.headDim);
  }

  /** Input [batch, time, n · headDim] as [batch, kvHeads, n / kvHeads · time, headDim]. */
  byHead(input: number): Ref {
    return this.#split(operand(this.context, input));
  }

  /** The queries by head, scaled. */
  query(): Ref {
    return this.#split(this.context.kernels.scale(operand(this.context, 0), this.alpha));
  }

  /** Masked scores and their softmax [batch, kvHeads, heads / kvHeads · time, time]. */
  probabilities(): { readonly scores: Ref; readonly probabilities: Ref } {
    const { kernels } = this.context;
    const scores = this.#scores();
    return { scores, probabilities: kernels.softmax(scores) };
  }

  /** The probabilities that `logSumExp` belongs to: the forward pass's, where it is this one's; else made from it. */
  given(logSumExp: Ref): Ref {
    const { kernels, inputs } = this.context;
    const forward = kernels.program.origin(logSumExp);
    if (forward?.op === "causalAttention" && [0, 1].every((i) => forward.inputs[i]?.slot === inputs[i]?.slot)) {
      return this.probabilities().probabilities;
    }
    const { batch, kvHeads, heads, time } = this;
    const column = kernels.reshape(logSumExp, [batch, kvHeads, (heads / kvHeads) * time, 1]);
    return kernels.unary("Exp", kernels.binary("Sub", this.#scores(), column));
  }

  /** [batch, kvHeads, n / kvHeads · time, headDim] → [batch, time, n · headDim]. */
  sideBySide(x: Ref): Ref {
    const { kernels } = this.context;
    const [batch, kvHeads, rows, headDim] = x.shape as [number, number, number, number];
    const heads = (kvHeads * rows) / this.time;
    const turned = kernels.transpose(kernels.reshape(x, [batch, heads, this.time, headDim]), [0, 2, 1, 3]);
    return kernels.reshape(turned, [batch, this.time, heads * headDim]);
  }

  #split(x: Ref): Ref {
    const { kernels } = this.context;
    const { batch, time, kvHeads, headDim } = this;
    const heads = (x.shape[2] as number) / headDim;
    const turned = kernels.transpose(kernels.reshape(x, [batch, time, heads, headDim]), [0, 2, 1, 3]);
    return kernels.reshape(turned, [batch, kvHeads, (heads / kvHeads) * time, headDim]);
  }

  #scores(): Ref {
    const { kernels } = this.context;
    const { time, batch, kvHeads, heads } = this;
    const cells = new Float32Array(time * time).map((_, i) => (i % time > Math.floor(i / time) ? masked : 0));
    const mask = kernels.program.constant(cells, [time, time], "float32");
    const products = kernels.matmul(this.query(), this.byHead(1), { transB: true });
    const square = kernels.reshape(products, [batch * heads, time, time]);
    return kernels.reshape(kernels.binary("Add", square, mask), [batch, kvHeads, (heads / kvHeads) * time, time]);
  }
}
