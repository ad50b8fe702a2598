// cast: converts the dtype. f32 → i32 truncates toward zero; any dtype → bool means "≠ 0"; f32 → f16/bf16 rounds to
// even, and the gradient passes through unrounded. The result for a number outside the range of i32 is undefined.
import { type DType, isFloat } from "../dtype.js";
import type { Gradients } from "../graph.js";
import { roundHalf } from "../half.js";
import { definePrimitive } from "../op.js";
import { drawn, given } from "../sample.js";

const conversions: Readonly<Record<DType, (v: number) => number>> = {
  f32: (v) => v,
  i32: Math.trunc,
  bool: (v) => (v === 0 ? 0 : 1),
  ...roundHalf,
};

export const cast = definePrimitive({
  name: "cast",
  inputs: ["x"],
  attrs: ({ to }: { to: DType }) => ({ to }),
  infer: ([x], { to }) => ({ dtype: to, shape: x.shape }),
  vjp: ({ inputs: [x], grads: [grad] }): Gradients => [isFloat(x.dtype) ? grad : null],
  evaluate: ([x], { to }) => x.data.map(conversions[to]),
  flops: () => 0,
  repeats: () => 0,
  samples: [
    { inputs: [given("f32", [5], [-2.7, -0.5, 0, 0.5, 2.7])], attrs: { to: "i32" } },
    { inputs: [drawn("i32", [2, 3], [-5, 5])], attrs: { to: "f32" } },
    { inputs: [drawn("bool", [4])], attrs: { to: "f32" } },
    { inputs: [drawn("bool", [4])], attrs: { to: "i32" } },
    { inputs: [given("i32", [4], [-1, 0, 1, 7])], attrs: { to: "bool" } },
    {
      inputs: [given("f32", [8], [1 / 3, -1 / 3, 2049, 2051, 65519, 2 ** -25, 3 * 2 ** -25, -1e-5])],
      attrs: { to: "f16" },
      note: "ties to even, both ends",
    },
    { inputs: [drawn("f16", [3, 2])], attrs: { to: "f32" } },
  ],
});
