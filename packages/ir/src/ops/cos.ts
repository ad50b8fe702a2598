// cos: cosine of radians.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";
import { elementwise } from "./shared/elementwise.js";
import { sin } from "./sin.js";

export const cos = definePrimitive({
  name: "cos",
  inputs: ["x"],
  infer: ([x]) => elementwise([x], "f32"),
  vjp: ({ inputs: [x], grads: [grad] }): Gradients => [grad && neg(mul(grad, sin(x)))],
  evaluate: ([x]) => x.data.map(Math.cos),
  accuracy: { ulps: 4, least: 1 },
  samples: [{ inputs: [drawn("f32", [2, 3])] }, { inputs: [drawn("f32", [])] }],
});
