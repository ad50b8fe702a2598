// What a family's forward pass is given: token ids, weights, and the two things that differ between computing whole
// sequences and decoding token by token, namely rotary positions and attention.
import type { Tensor } from "@cambium/ir";

/** Parameters of one graph. */
export interface Weights {
  parameter(name: string): Tensor;
  /** What a mask multiplies the input of a norm by, [hidden]; undefined where no mask acts on it. */
  normMask(norm: string): Tensor | undefined;
  /** The mask of a layer, [1]; undefined where there is none. */
  layerMask(index: number): Tensor | undefined;
}

/** Turns x [rows, heads · headDim] by its rows' positions. The result's shape is for `Pass.attend` alone. */
export type Rotary = (x: Tensor, heads: number) => Tensor;

export interface Attention {
  /** Index of the layer. */
  readonly layer: number;
  readonly heads: number;
  /** Divides `heads`; query head j reads key/value head floor(j · kvHeads / heads). */
  readonly kvHeads: number;
  /** From `Pass.rotary`, made once and shared by all layers that turn alike. */
  readonly rotary: Rotary;
}

export interface Pass {
  /** Token ids, i32 [rows]. */
  readonly ids: Tensor;
  readonly weights: Weights;
  /** Rotary positions with these frequencies [headDim / 2], radians per position. */
  rotary(frequencies: Float32Array): Rotary;
  /**
   * Causal attention with scores over √headDim: q [rows, heads · headDim], k and v [rows, kvHeads · headDim], before
   * rotation → [rows, heads · headDim].
   */
  attend(q: Tensor, k: Tensor, v: Tensor, how: Attention): Tensor;
}

/** What a family's forward pass yields. */
export interface Hidden {
  readonly hidden: Tensor;
  readonly projection: Tensor;
}
