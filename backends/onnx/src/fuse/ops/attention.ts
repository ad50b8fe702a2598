// attention and its gradient with the probabilities as a value between them, since ONNX Runtime's kernel hands them out.
import {
  causalAttention,
  composites,
  defineComposite,
  drawn,
  exp,
  iota,
  less,
  matmul,
  mul,
  reduceSum,
  reshape,
  select,
  sub,
  type Tensor,
  type TensorType,
  transpose,
} from "@cambium/ir";

export interface Heads {
  readonly heads: number;
  readonly kvHeads: number;
}

function probabilitiesType([batch, time]: readonly number[], heads: number): TensorType {
  return { dtype: "f32", shape: [batch as number, heads, time as number, time as number] };
}

/** As `causalAttention`, but its second output is `probabilities` [batch, heads, time, time]. */
export const attention = defineComposite({
  name: "onnx.attention",
  inputs: ["q", "k", "v"],
  outputs: ["out", "probabilities"],
  attrs: (given: Heads) => given,
  infer: ([q, k, v], attrs) => {
    const [out] = composites.causalAttention.op.infer([q, k, v], { ...attrs }) as [TensorType];
    return [out, probabilitiesType(q.shape, attrs.heads)];
  },
  decompose: ([q, k, v], attrs) => {
    const [out, logSumExp] = causalAttention(q, k, v, attrs);
    const { heads, kvHeads } = attrs;
    const [batch, time, width] = q.shape as [number, number, number];
    const keys = byHead(k, kvHeads, kvHeads);
    const scores = mul(matmul(byHead(q, heads, kvHeads), keys, { transB: true }), 1 / Math.sqrt(width / heads));
    const rows = reshape(logSumExp, { shape: [batch, heads, time, 1] });
    const certain = exp(sub(reshape(scores, { shape: [batch, heads, time, time] }), rows));
    const future = less(iota(q.builder, { shape: [time, 1], axis: 0 }), iota(q.builder, { shape: [1, time], axis: 1 }));
    return [out, select(future, 0, certain)];
  },
  samples: [
    {
      inputs: [drawn("f32", [2, 4, 6]), drawn("f32", [2, 4, 6]), drawn("f32", [2, 4, 6])],
      attrs: { heads: 3, kvHeads: 3 },
    },
    {
      inputs: [drawn("f32", [1, 5, 8]), drawn("f32", [1, 5, 4]), drawn("f32", [1, 5, 4])],
      attrs: { heads: 4, kvHeads: 2 },
    },
  ],
});

/** Cotangents of `q`, `k`, `v` from that of `out`, given `probabilities`. */
export const attentionGrad = defineComposite({
  name: "onnx.attentionGrad",
  inputs: ["q", "k", "v", "out", "probabilities", "grad"],
  outputs: ["qGrad", "kGrad", "vGrad"],
  attrs: (given: Heads) => given,
  infer: ([q, k, v]) => [q, k, v],
  decompose: ([q, k, v, out, probabilities, grad], { heads, kvHeads }) => {
    const [batch, time, width] = q.shape as [number, number, number];
    const rows = [batch, kvHeads, (heads / kvHeads) * time];
    const grads = byHead(grad, heads, kvHeads);
    const p = reshape(probabilities, { shape: [...rows, time] });
    const delta = reduceSum(mul(grads, byHead(out, heads, kvHeads)), { axes: [-1], keepDims: true });
    const scoreGrad = mul(p, sub(matmul(grads, byHead(v, kvHeads, kvHeads), { transB: true }), delta));
    const scaled = mul(scoreGrad, 1 / Math.sqrt(width / heads));
    const qGrad = matmul(scaled, byHead(k, kvHeads, kvHeads));
    const kGrad = matmul(scaled, byHead(q, heads, kvHeads), { transA: true });
    const vGrad = matmul(p, grads, { transA: true });
    return [sideBySide(qGrad, time), sideBySide(kGrad, time), sideBySide(vGrad, time)];
  },
  samples: [
    {
      inputs: [
        ...[drawn("f32", [1, 5, 8]), drawn("f32", [1, 5, 4]), drawn("f32", [1, 5, 4])],
        ...[drawn("f32", [1, 5, 8]), drawn("f32", [1, 4, 5, 5], [0, 1]), drawn("f32", [1, 5, 8])],
      ],
      attrs: { heads: 4, kvHeads: 2 },
      gradient: false,
    },
  ],
});

/** [batch, time, heads · headDim] → [batch, kvHeads, heads / kvHeads · time, headDim]: a key's queries under one another. */
function byHead(x: Tensor, heads: number, kvHeads: number): Tensor {
  const [batch, time, width] = x.shape as [number, number, number];
  const split = transpose(reshape(x, { shape: [batch, time, heads, width / heads] }), { permutation: [0, 2, 1, 3] });
  return reshape(split, { shape: [batch, kvHeads, (heads / kvHeads) * time, width / heads] });
}

/** The inverse of `byHead`. */
function sideBySide(x: Tensor, time: number): Tensor {
  const [batch, kvHeads, rows, headDim] = x.shape as [number, number, number, number];
  const heads = (kvHeads * rows) / time;
  const split = transpose(reshape(x, { shape: [batch, heads, time, headDim] }), { permutation: [0, 2, 1, 3] });
  return reshape(split, { shape: [batch, time, heads * headDim] });
}
