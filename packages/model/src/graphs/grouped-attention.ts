// Attention with an arbitrary mask, where query heads share key/value heads in groups.
import { add, hostTensor, matmul, mul, numel, reshape, select, softmax, type Tensor, transpose } from "@cambium/ir";

/** Stands for −∞ in masked scores: so large that a score added to it is lost in the rounding. */
const masked = -1e30;

/** What is added to scores, from `hidden`, bool: true for keys that a query does not see. Adding is faster than choosing. */
export function hiding(hidden: Tensor): Tensor {
  return select(hidden, masked, hidden.builder.constant(hostTensor("f32", [])));
}

/**
 * Attention of `queries` rows per batch entry over `keys` positions. Scores are divided by √headDim.
 * @param q [batch · queries, heads · headDim], or any shape with the same order of elements.
 * @param k [batch, kvHeads, keys, headDim], like `v`; `kvHeads` divides `heads`.
 * @param mask from `hiding`, broadcast to [batch, kvHeads, group, queries, keys].
 * @returns [batch · queries, heads · headDim]
 */
export function groupedAttention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor, heads: number): Tensor {
  const [batch, kvHeads, keys, headDim] = k.shape as [number, number, number, number];
  const group = heads / kvHeads;
  const queries = numel(q.shape) / (batch * heads * headDim);
  // [batch, kvHeads, group · queries, headDim]: a group's heads share one product with their keys.
  const byHead = transpose(reshape(q, { shape: [batch, queries, kvHeads, group, headDim] }), {
    permutation: [0, 2, 3, 1, 4],
  });
  const rows = reshape(byHead, { shape: [batch, kvHeads, group * queries, headDim] });
  const scores = mul(matmul(rows, k, { transB: true }), 1 / Math.sqrt(headDim));
  const visible = add(reshape(scores, { shape: [batch, kvHeads, group, queries, keys] }), mask);
  const probabilities = reshape(softmax(visible), { shape: [batch, kvHeads, group * queries, keys] });
  const mixed = reshape(matmul(probabilities, v), { shape: [batch, kvHeads, group, queries, headDim] });
  const byQuery = transpose(mixed, { permutation: [0, 3, 1, 2, 4] });
  return reshape(byQuery, { shape: [batch * queries, heads * headDim] });
}
