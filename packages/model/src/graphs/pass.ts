// What a family's forward pass is given: token ids, weights, and the two things that differ between computing whole
// sequences and decoding token by token, namely rotary positions and attention.
import { CambiumError, type Tensor } from "@cambium/ir";
import type { Hidden, ModelSpec } from "../family.js";
import type { Weights } from "./masked-weights.js";

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

/** The model's forward pass. @throws CambiumError `E_FAMILY` for a family that is not computed. */
export function forward({ family, config }: ModelSpec, pass: Pass): Hidden {
  if (family.forward) return family.forward(config, pass);
  throw new CambiumError("E_FAMILY", `the family ${family.name} says nothing of how its models are computed`, {
    hint: "such a model can be grown by operators that place layers, and not trained or generated from",
  });
}
