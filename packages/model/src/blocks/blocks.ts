// Parts from which families build decoders: a masked norm, projections, attention, the gated MLP. The residual stream
// is [rows, hidden] with rows = batch · context, so that every projection and its gradient is one plain matrix product.
import { add, matmul, mul, reshape, rmsNorm, sub, swiglu, type Tensor } from "@cambium/ir";
import type { Attention, Pass, Weights } from "../graphs/pass.js";

/** RMSNorm of x [rows, hidden] with the weight `name`, over the hidden units that masks leave open. */
export function streamNorm({ normMask, parameter }: Weights, x: Tensor, name: string, eps: number): Tensor {
  const mask = normMask(name);
  return rmsNorm(mask ? mul(x, mask) : x, parameter(name), { eps })[0];
}

/** RMSNorm within each head of x [rows, heads · headDim] with the weight `name` [headDim]. */
export function headNorm({ parameter }: Weights, x: Tensor, name: string, heads: number, eps: number): Tensor {
  const [rows, width] = x.shape as [number, number];
  const [normed] = rmsNorm(reshape(x, { shape: [rows * heads, width / heads] }), parameter(name), { eps });
  return reshape(normed, { shape: [rows, width] });
}

/** x [rows, in] · weightᵀ [in, out] + bias [out] if `bias`. `name` is the module's name, without `.weight`. */
export function linear({ parameter }: Weights, x: Tensor, name: string, bias = false): Tensor {
  const product = matmul(x, parameter(`${name}.weight`), { transB: true });
  return bias ? add(product, parameter(`${name}.bias`)) : product;
}

/** Settings of `selfAttention`. */
export interface AttentionBlock extends Attention {
  /** The module's name, e.g. `model.layers.0.self_attn`; it holds `q_proj`, `k_proj`, `v_proj` and `o_proj`. */
  readonly name: string;
  /** Whether queries, keys and values have biases. */
  readonly biases: boolean;
  /** eps of `q_norm` and `k_norm`, which act before rotation; null without them. */
  readonly headNormEps: number | null;
}

/** Attention of x [rows, hidden] within its sequences: the addend to the stream [rows, hidden]. */
export function selfAttention(pass: Pass, x: Tensor, block: AttentionBlock): Tensor {
  const { name, biases, headNormEps, heads, kvHeads } = block;
  const { weights } = pass;
  const project = (part: string) => linear(weights, x, `${name}.${part}`, biases);
  const normed = (head: Tensor, part: string, count: number) =>
    headNormEps === null ? head : headNorm(weights, head, `${name}.${part}.weight`, count, headNormEps);
  const [q, k, v] = [project("q_proj"), project("k_proj"), project("v_proj")];
  const mixed = pass.attend(normed(q, "q_norm", heads), normed(k, "k_norm", kvHeads), v, block);
  return linear(weights, mixed, `${name}.o_proj`);
}

/** down(silu(gate(x)) · up(x)): the addend to the stream [rows, hidden]. */
export function gatedMlp(weights: Weights, x: Tensor, name: string): Tensor {
  const product = swiglu(linear(weights, x, `${name}.gate_proj`), linear(weights, x, `${name}.up_proj`));
  return linear(weights, product, `${name}.down_proj`);
}

/** c · output + (1 − c) · input for a layer with a mask of value c; else `output`. */
export function mixedLayer({ layerMask }: Weights, index: number, input: Tensor, output: Tensor): Tensor {
  const mask = layerMask(index);
  return mask ? add(mul(output, mask), mul(input, sub(1, mask))) : output;
}
