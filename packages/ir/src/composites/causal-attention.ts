// causalAttention: softmax(scale · q kᵀ + causal mask) v with grouped key/value heads (Ainslie et al. 2023, "GQA").
// The gradient needs only the log-sum-exp of each row (Dao et al. 2022, "FlashAttention"), so that no tensor of
// context × context has to be kept.
import { f32, formatType, type TensorType } from "../dtype.js";
import { CambiumError } from "../errors.js";
import type { Gradients, Tensor } from "../graph.js";
import { defineComposite } from "../op.js";
import { add } from "../ops/add.js";
import { exp } from "../ops/exp.js";
import { iota } from "../ops/iota.js";
import { less } from "../ops/less.js";
import { log } from "../ops/log.js";
import { matmul } from "../ops/matmul.js";
import { mul } from "../ops/mul.js";
import { reduceMax } from "../ops/reduce-max.js";
import { reduceSum } from "../ops/reduce-sum.js";
import { reshape } from "../ops/reshape.js";
import { select } from "../ops/select.js";
import { wide, widen } from "../ops/shared/half.js";
import { sub } from "../ops/sub.js";
import { transpose } from "../ops/transpose.js";
import { drawn } from "../sample.js";
import { requireNoGradient, requireTypes } from "./shared/statistics.js";

export interface Heads {
  readonly heads: number;
  readonly kvHeads: number;
}

const lastAxis = { axes: [-1], keepDims: true };
/** Stands for −∞ in masked scores: its exponential is 0, and it minus itself is 0 rather than NaN. */
const masked = -1e30;

/**
 * `q` f32 [batch, context, heads · headDim], `k` and `v` [batch, context, kvHeads · headDim] →
 * `out` [batch, context, heads · headDim] and `logSumExp` [batch, heads, context] of the scaled, masked scores. Query head j
 * reads key/value head floor(j · kvHeads / heads). Scores are scaled by 1/√headDim. Only `out` carries a gradient.
 * `q`, `k` and `v` may be stored in half precision.
 */
export const causalAttention = defineComposite({
  name: "causalAttention",
  inputs: ["q", "k", "v"],
  outputs: ["out", "logSumExp"],
  matrix: true,
  stored: ["q", "k", "v"],
  attrs: ({ heads, kvHeads }: Heads) => ({ heads, kvHeads }),
  infer: ([q, k, v], attrs) => {
    const { batch, context } = sizes(q, k, v, attrs);
    return [wide(q), f32(batch, attrs.heads, context)];
  },
  decompose: ([q, k, v], attrs) => {
    const { batch, context } = sizes(q.type, k.type, v.type, attrs);
    const scores = maskedScores(q, k, attrs);
    const peak = reduceMax(scores, lastAxis);
    const e = exp(sub(scores, peak));
    const total = reduceSum(e, lastAxis);
    const logSumExp = add(peak, log(total));
    const probabilities = exp(sub(scores, logSumExp));
    const out = merge(matmul(probabilities, split(v, attrs.kvHeads, attrs.kvHeads)));
    return [out, reshape(logSumExp, { shape: [batch, attrs.heads, context] })];
  },
  vjp: ({ inputs: [q, k, v], outputs: [out, logSumExp], grads: [grad, unused], attrs }): Gradients => {
    requireNoGradient("logSumExp", unused);
    return grad && out && logSumExp ? causalAttentionGrad(q, k, v, out, logSumExp, grad, attrs) : [null, null, null];
  },
  flops: ([q, k, v], attrs) => {
    const { batch, context, headDim } = sizes(q, k, v, attrs);
    return 4 * batch * attrs.heads * headDim * context * context;
  },
  samples: [
    {
      inputs: [drawn("f32", [2, 4, 6]), drawn("f32", [2, 4, 6]), drawn("f32", [2, 4, 6])],
      attrs: { heads: 3, kvHeads: 3 },
    },
    {
      inputs: [drawn("f32", [1, 5, 8]), drawn("f32", [1, 5, 4]), drawn("f32", [1, 5, 4])],
      attrs: { heads: 4, kvHeads: 2 },
      note: "GQA",
    },
    {
      inputs: [drawn("f32", [2, 3, 8]), drawn("f32", [2, 3, 2]), drawn("f32", [2, 3, 2])],
      attrs: { heads: 4, kvHeads: 1 },
      note: "MQA",
    },
    {
      inputs: [drawn("f16", [1, 5, 8]), drawn("f16", [1, 5, 4]), drawn("f16", [1, 5, 4])],
      attrs: { heads: 4, kvHeads: 2 },
    },
  ],
});

/** Cotangents, f32, of `q`, `k`, `v` from that of `out`; rebuilds the probabilities from `logSumExp`. */
export const causalAttentionGrad = defineComposite({
  name: "causalAttentionGrad",
  inputs: ["q", "k", "v", "out", "logSumExp", "grad"],
  outputs: ["qGrad", "kGrad", "vGrad"],
  matrix: true,
  stored: ["q", "k", "v", "out", "grad"],
  attrs: ({ heads, kvHeads }: Heads) => ({ heads, kvHeads }),
  infer: ([q, k, v, out, logSumExp, grad], attrs) => {
    const { batch, context } = sizes(q, k, v, attrs);
    requireTypes([wide(out), logSumExp, wide(grad)], [wide(q), f32(batch, attrs.heads, context), wide(q)]);
    return [wide(q), wide(k), wide(v)];
  },
  decompose: ([q, k, v, out, logSumExp, grad], attrs) => {
    const { heads, kvHeads } = attrs;
    const { batch, context, headDim } = sizes(q.type, k.type, v.type, attrs);
    const rows = [batch, kvHeads, heads / kvHeads, context, 1];
    const probabilities = exp(sub(maskedScores(q, k, attrs), reshape(logSumExp, { shape: rows })));
    const gradHeads = split(grad, heads, kvHeads);
    const delta = reduceSum(mul(widen(gradHeads), widen(split(out, heads, kvHeads))), lastAxis);
    const vGrad = matmul(probabilities, gradHeads, { transA: true });
    const scoreGrad = mul(
      mul(probabilities, sub(matmul(gradHeads, split(v, kvHeads, kvHeads), { transB: true }), delta)),
      1 / Math.sqrt(headDim),
    );
    const qGrad = matmul(scoreGrad, split(k, kvHeads, kvHeads));
    const kGrad = matmul(scoreGrad, split(q, heads, kvHeads), { transA: true });
    const overGroup = (x: Tensor) => merge(reduceSum(x, { axes: [2], keepDims: true }));
    return [merge(qGrad), overGroup(kGrad), overGroup(vGrad)];
  },
  flops: ([q, k, v], attrs) => {
    const { batch, context, headDim } = sizes(q, k, v, attrs);
    return 8 * batch * attrs.heads * headDim * context * context;
  },
  samples: [
    {
      inputs: [
        ...[drawn("f32", [1, 4, 8]), drawn("f32", [1, 4, 4]), drawn("f32", [1, 4, 4])],
        ...[drawn("f32", [1, 4, 8]), drawn("f32", [1, 4, 4], [3, 4]), drawn("f32", [1, 4, 8])],
      ],
      attrs: { heads: 4, kvHeads: 2 },
      gradient: false,
      note: "any log-sum-exp, not only the forward pass's",
    },
    {
      inputs: [
        ...[drawn("f16", [1, 4, 8]), drawn("f16", [1, 4, 4]), drawn("f16", [1, 4, 4])],
        ...[drawn("f16", [1, 4, 8]), drawn("f32", [1, 4, 4], [3, 4]), drawn("f16", [1, 4, 8])],
      ],
      attrs: { heads: 4, kvHeads: 2 },
      gradient: false,
    },
  ],
});

function sizes(q: TensorType, k: TensorType, v: TensorType, { heads, kvHeads }: Heads) {
  const [batch, context, width] = q.shape as [number, number, number];
  const headDim = width / heads;
  const kv = `f32[${batch},${context},${kvHeads * headDim}]`;
  const fits =
    wide(q).dtype === "f32" &&
    q.shape.length === 3 &&
    Number.isInteger(headDim) &&
    formatType(wide(k)) === kv &&
    formatType(wide(v)) === kv;
  if (!fits || heads % kvHeads !== 0) {
    throw new CambiumError("E_SHAPE", `inputs do not fit ${heads} heads over ${kvHeads} key/value heads`, {
      expected:
        "q: f32[batch, context, heads·headDim], k and v: f32[batch, context, kvHeads·headDim], heads a multiple of kvHeads",
      got: [q, k, v].map(formatType).join(", "),
    });
  }
  return { batch, context, headDim };
}

/** [batch, context, heads · headDim] → [batch, kvHeads, heads / kvHeads, context, headDim]. */
function split(x: Tensor, heads: number, kvHeads: number): Tensor {
  const [batch, context, width] = x.shape as [number, number, number];
  const shape = [batch, context, kvHeads, heads / kvHeads, width / heads];
  return transpose(reshape(x, { shape }), { permutation: [0, 2, 3, 1, 4] });
}

/** The inverse of `split`. */
function merge(x: Tensor): Tensor {
  const [batch, kvHeads, group, context, headDim] = x.shape as [number, number, number, number, number];
  return reshape(transpose(x, { permutation: [0, 3, 1, 2, 4] }), {
    shape: [batch, context, kvHeads * group * headDim],
  });
}

/** Scaled scores [batch, kvHeads, heads / kvHeads, context, context] with the future masked. */
function maskedScores(q: Tensor, k: Tensor, { heads, kvHeads }: Heads): Tensor {
  const [, context, width] = q.shape as [number, number, number];
  const scores = matmul(split(q, heads, kvHeads), split(k, kvHeads, kvHeads), { transB: true });
  const row = iota(q.builder, { shape: [context, 1], axis: 0 });
  const column = iota(q.builder, { shape: [1, context], axis: 1 });
  return select(less(row, column), masked, mul(scores, 1 / Math.sqrt(width / heads)));
}
