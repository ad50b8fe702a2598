// The input of a family's forward pass: token ids, weights, and the two parts that differ between whole sequences and
// token-by-token decoding, which are rotary positions and attention.
import type { Tensor } from "@cambium/ir";

/** Parameters of one graph. */
export interface Weights {
  parameter(name: string): Tensor;
  /** The factor on the input of the norm with this weight, [hidden]; undefined if no mask acts on it. */
  normMask(norm: string): Tensor | undefined;
  /** The mask of a layer, [1]; undefined if there is none. */
  layerMask(index: number): Tensor | undefined;
}

/** Rotates x [rows, heads · headDim] by its rows' positions. Only `Pass.attend` may rely on the result's shape. */
export type Rotary = (x: Tensor, heads: number) => Tensor;

export interface Attention {
  /** Index of the layer. */
  readonly layer: number;
  readonly heads: number;
  /** Divides `heads`; query head j reads key/value head floor(j · kvHeads / heads). */
  readonly kvHeads: number;
  /** From `Pass.rotary`; made once and shared by all layers with the same frequencies. */
  readonly rotary: Rotary;
}

export interface Pass {
  /** Token ids, i32 [rows]. */
  readonly ids: Tensor;
  readonly weights: Weights;
  /** Rotary positions with these frequencies [headDim / 2], radians per position. */
  rotary(frequencies: Float32Array): Rotary;
  /**
   * Causal attention with scores divided by √headDim: q [rows, heads · headDim], k and v [rows, kvHeads · headDim], not
   * yet rotated → [rows, heads · headDim].
   */
  attend(q: Tensor, k: Tensor, v: Tensor, how: Attention): Tensor;
}

/** The result of a family's forward pass; see `Family.forward`. */
export interface Hidden {
  readonly hidden: Tensor;
  readonly projection: Tensor;
}
