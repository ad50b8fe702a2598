// cast: converts the dtype. f32 → i32 truncates toward zero; anything → bool asks "≠ 0"; f32 → f16/bf16 rounds to even,
// and its gradient passes unrounded. What lies outside i32 becomes no number to rely on.
import { type DType, isFloat } from "../dtype.js";
import { definePrimitive, type Gradients } from "../op.js";
import { drawn, given } from "../sample.js";

export const cast = definePrimitive({
  name: "cast",
  inputs: ["x"],
  attrs: ({ to }: { to: DType }) => ({ to }),
  infer: ([x], { to }) => ({ dtype: to, shape: x.shape }),
  vjp: ({ inputs: [x], grads: [grad] }): Gradients => [isFloat(x.dtype) ? grad : null],
  evaluate: ([x], { to }) =>
    to === "i32" ? x.data.map(Math.trunc) : to === "bool" ? x.data.map((v) => (v === 0 ? 0 : 1)) : x.data,
  flops: () => 0,
  samples: [
    { inputs: [given("f32", [5], [-2.7, -0.5, 0, 0.5, 2.7])], attrs: { to: "i32" } },
    { inputs: [drawn("i32", [2, 3], [-5, 5])], attrs: { to: "f32" } },
    { inputs: [drawn("bool", [4])], attrs: { to: "f32" } },
    { inputs: [drawn("bool", [4])], attrs: { to: "i32" } },
    { inputs: [given("i32", [4], [-1, 0, 1, 7])], attrs: { to: "bool" } },
  ],
});
