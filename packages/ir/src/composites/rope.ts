// rope: rotary position embedding (Su et al. 2021, "RoFormer") in the half-split form of Hugging Face's Llama.
import { formatType } from "../dtype.js";
import { CambiumError } from "../errors.js";
import type { Gradients } from "../graph.js";
import { defineComposite } from "../op.js";
import { add } from "../ops/add.js";
import { concat } from "../ops/concat.js";
import { mul } from "../ops/mul.js";
import { reshape } from "../ops/reshape.js";
import { slice } from "../ops/slice.js";
import { sub } from "../ops/sub.js";
import { drawn } from "../sample.js";

/**
 * Rotates each head's pairs (i, i + headDim/2) by the angle of their position.
 * `x` f32 [batch, context, heads · headDim], `cos` and `sin` [context, headDim/2] → the shape of `x`. `inverse` rotates
 * back, which is also the gradient; `cos` and `sin` have no gradient.
 */
export const rope = defineComposite({
  name: "rope",
  inputs: ["x", "cos", "sin"],
  attrs: (given: { heads: number; inverse?: boolean }) => ({ inverse: false, ...given }),
  infer: ([x, cos, sin], { heads }) => {
    const [, context, width] = x.shape;
    const half = (width ?? 0) / heads / 2;
    const table = `f32[${context},${half}]`;
    if (
      x.dtype !== "f32" ||
      x.shape.length !== 3 ||
      !Number.isInteger(half) ||
      formatType(cos) !== table ||
      formatType(sin) !== table
    ) {
      throw new CambiumError("E_SHAPE", `tables do not fit ${heads} heads`, {
        expected: `x: f32[batch, context, heads·headDim], cos and sin: f32[context, headDim/2]`,
        got: [x, cos, sin].map(formatType).join(", "),
      });
    }
    return x;
  },
  decompose: ([x, cos, sin], { heads, inverse }) => {
    const [batch, context, width] = x.shape as [number, number, number];
    const half = width / heads / 2;
    const pairs = reshape(x, { shape: [batch, context, heads, 2, half] });
    const part = (i: number) => slice(pairs, { start: [0, 0, 0, i, 0], end: [batch, context, heads, i + 1, half] });
    const c = reshape(cos, { shape: [context, 1, 1, half] });
    const s = reshape(sin, { shape: [context, 1, 1, half] });
    const [a, b] = [part(0), part(1)];
    const [turn, back] = inverse ? [add, sub] : [sub, add];
    return reshape(concat([turn(mul(a, c), mul(b, s)), back(mul(b, c), mul(a, s))], { axis: 3 }), { shape: x.shape });
  },
  vjp: ({ inputs: [, cos, sin], grads: [grad], attrs }): Gradients => [
    grad ? rope(grad, cos, sin, { ...attrs, inverse: !attrs.inverse }) : null,
    null,
    null,
  ],
  samples: [
    {
      inputs: [drawn("f32", [2, 3, 8]), drawn("f32", [3, 2]), drawn("f32", [3, 2])],
      attrs: { heads: 2 },
      gradient: [0],
    },
    {
      inputs: [drawn("f32", [1, 4, 12]), drawn("f32", [4, 2]), drawn("f32", [4, 2])],
      attrs: { heads: 3, inverse: true },
      gradient: [0],
    },
  ],
});
