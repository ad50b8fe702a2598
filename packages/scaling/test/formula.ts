// The closed form of a Llama-style decoder's cost, as in papers, to compare with the count in the graph.
import type { DecoderConfig } from "@cambium/model";

/** [rows, columns] of every weight matrix that a token is multiplied by; biases and norms are no matrix work. */
export function matrices(s: DecoderConfig): [rows: number, columns: number][] {
  const [q, kv] = [s.heads * s.headDim, s.kvHeads * s.headDim];
  const layer: [number, number][] = [
    [q, s.hidden],
    [kv, s.hidden],
    [kv, s.hidden],
    [s.hidden, q],
    [s.intermediate, s.hidden],
    [s.intermediate, s.hidden],
    [s.hidden, s.intermediate],
  ];
  return [...Array.from({ length: s.layers }, () => layer).flat(), [s.vocab, s.hidden]];
}

/**
 * FLOPs of training on one sequence of `T` tokens: three times the forward pass, which is
 * 2T[L(2dHe + 2d·KV·e + 3dF) + Vd] for the weights and 4·L·He·T² for all T × T scores and their values.
 */
export function sequenceFlops(s: DecoderConfig, T: number): number {
  const { layers: L, hidden: d, heads: H, kvHeads: KV, headDim: e, intermediate: F, vocab: V } = s;
  return 3 * (2 * T * (L * (2 * d * H * e + 2 * d * KV * e + 3 * d * F) + V * d) + 4 * L * H * e * T ** 2);
}
