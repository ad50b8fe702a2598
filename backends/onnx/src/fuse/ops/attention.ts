// attention and its gradient in blocks of rows: a block computes only the keys it may see, and hands its probabilities
// from the forward pass to the backward pass.
import type { Block } from "@cambium/backend";
import {
  broadcast,
  cast,
  causalAttention,
  composites,
  concat,
  defineComposite,
  drawn,
  exp,
  f32,
  iota,
  less,
  matmul,
  mul,
  reduceSum,
  reshape,
  select,
  slice,
  sub,
  type Tensor,
  type TensorType,
  transpose,
} from "@cambium/ir";

export interface Heads {
  readonly heads: number;
  readonly kvHeads: number;
}

/** Blocks of 128 rows, or of 64 if there are no more than 128 rows. */
export function blocksOf(context: number): Block[] {
  const rows = context > 128 ? 128 : 64;
  return Array.from({ length: Math.ceil(context / rows) }, (_, i) => ({
    from: i * rows,
    to: Math.min((i + 1) * rows, context),
  }));
}

function probabilityTypes([batch, context]: readonly number[], heads: number): TensorType[] {
  return blocksOf(context as number).map(({ from, to }) => ({
    dtype: "f32",
    shape: [batch as number, heads, to - from, to],
  }));
}

/**
 * `q`, `k`, `v` as in `causalAttention` → `out` as there, and for each block of rows its probabilities
 * [batch, heads, rows, keys]. Appended by `GraphBuilder.apply`, since the number of outputs depends on the length.
 */
export const attention = defineComposite({
  name: "onnx.attention",
  inputs: ["q", "k", "v"],
  attrs: (given: Heads) => given,
  infer: ([q, k, v], attrs) => {
    const [out] = composites.causalAttention.op.infer([q, k, v], { ...attrs }) as [TensorType];
    return [out, ...probabilityTypes(q.shape, attrs.heads)];
  },
  decompose: ([q, k, v], attrs) => {
    const { heads, kvHeads } = attrs;
    const [batch, context, width] = q.shape as [number, number, number];
    const [out, logSumExp] = causalAttention(q, k, v, attrs);
    const scores = mul(
      matmul(byHead(q, heads), repeated(byHead(k, kvHeads), heads), { transB: true }),
      1 / Math.sqrt(width / heads),
    );
    const certain = exp(sub(scores, reshape(logSumExp, { shape: [batch, heads, context, 1] })));
    const future = less(
      iota(q.builder, { shape: [context, 1], axis: 0 }),
      iota(q.builder, { shape: [1, context], axis: 1 }),
    );
    const probabilities = select(future, 0, certain);
    const block = ({ from, to }: Block) =>
      slice(probabilities, { start: [0, 0, from, 0], end: [batch, heads, to, to] });
    return [out, ...blocksOf(context).map(block)];
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
      inputs: [drawn("f32", [1, 150, 4]), drawn("f32", [1, 150, 2]), drawn("f32", [1, 150, 2])],
      attrs: { heads: 2, kvHeads: 1 },
      note: "two blocks, the last shorter",
    },
    {
      inputs: [drawn("f32", [1, 300, 4]), drawn("f32", [1, 300, 4]), drawn("f32", [1, 300, 4])],
      attrs: { heads: 1, kvHeads: 1 },
      note: "three blocks",
    },
  ],
});

/** Inputs: q, k, v, out, the cotangent of out, then the probabilities of each block → cotangents of q, k, v. */
export const attentionGrad = defineComposite({
  name: "onnx.attentionGrad",
  inputs: "variadic",
  outputs: ["qGrad", "kGrad", "vGrad"],
  attrs: (given: Heads) => given,
  infer: (types) => types.slice(0, 3).map(({ shape }) => f32(...shape)),
  decompose: ([q, k, v, out, grad, ...blocks], { heads, kvHeads }) => {
    const [batch, context, width] = (q as Tensor).shape as [number, number, number];
    const padded = blocks.map((block) => filled(block, context));
    const p = padded.length === 1 ? (padded[0] as Tensor) : concat(padded, { axis: 2 });
    const grads = byHead(grad as Tensor, heads);
    const [keys, values] = [
      repeated(byHead(k as Tensor, kvHeads), heads),
      repeated(byHead(v as Tensor, kvHeads), heads),
    ];
    const delta = reduceSum(mul(cast(grads, wide), cast(byHead(out as Tensor, heads), wide)), {
      axes: [-1],
      keepDims: true,
    });
    const scoreGrad = mul(mul(p, sub(matmul(grads, values, { transB: true }), delta)), 1 / Math.sqrt(width / heads));
    const overGroup = (x: Tensor) =>
      reduceSum(reshape(x, { shape: [batch, kvHeads, heads / kvHeads, context, width / heads] }), { axes: [2] });
    return [
      sideBySide(matmul(scoreGrad, keys)),
      sideBySide(overGroup(matmul(scoreGrad, byHead(q as Tensor, heads), { transA: true }))),
      sideBySide(overGroup(matmul(p, grads, { transA: true }))),
    ];
  },
  samples: [gradientSample(1, 5, 4, 2, 2), gradientSample(2, 70, 2, 2, 3), gradientSample(1, 150, 2, 1, 2)],
});

function gradientSample(batch: number, context: number, heads: number, kvHeads: number, headDim: number) {
  const [wide, narrow] = [
    drawn("f32", [batch, context, heads * headDim]),
    drawn("f32", [batch, context, kvHeads * headDim]),
  ];
  const blocks = probabilityTypes([batch, context], heads).map(({ shape }) => drawn("f32", shape, [0, 1]));
  return { inputs: [wide, narrow, narrow, wide, wide, ...blocks], attrs: { heads, kvHeads }, gradient: false as const };
}

/** Operands may be stored in half precision. */
const wide = { to: "f32" } as const;

/** [batch, context, heads · headDim] → [batch, heads, context, headDim]. */
function byHead(x: Tensor, heads: number): Tensor {
  const [batch, context, width] = x.shape as [number, number, number];
  return transpose(reshape(x, { shape: [batch, context, heads, width / heads] }), { permutation: [0, 2, 1, 3] });
}

/** The inverse of `byHead`. */
function sideBySide(x: Tensor): Tensor {
  const [batch, heads, context, headDim] = x.shape as [number, number, number, number];
  return reshape(transpose(x, { permutation: [0, 2, 1, 3] }), { shape: [batch, context, heads * headDim] });
}

/** [batch, kvHeads, context, headDim] with each head repeated once for every query head that reads it. */
function repeated(x: Tensor, heads: number): Tensor {
  const [batch, kvHeads, context, headDim] = x.shape as [number, number, number, number];
  const group = [batch, kvHeads, heads / kvHeads, context, headDim];
  const copies = broadcast(reshape(x, { shape: [batch, kvHeads, 1, context, headDim] }), { shape: group });
  return reshape(copies, { shape: [batch, heads, context, headDim] });
}

/** Probabilities [batch, heads, rows, keys] with zeros for the keys up to `context`. */
function filled(block: Tensor, context: number): Tensor {
  const [batch, heads, rows, keys] = block.shape as [number, number, number, number];
  if (keys === context) return block;
  const zeros = broadcast(block.builder.scalar(0), { shape: [batch, heads, rows, context - keys] });
  return concat([block, zeros], { axis: 3 });
}
