// tanh: hyperbolic tangent.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { mul } from "./mul.js";
import { elementwise } from "./shared/elementwise.js";
import { sub } from "./sub.js";

export const tanh = definePrimitive({
  name: "tanh",
  inputs: ["x"],
  infer: ([x]) => elementwise([x], "f32"),
  vjp: ({ outputs: [y], grads: [grad] }): Gradients => [grad && y ? mul(grad, sub(1, mul(y, y))) : null],
  evaluate: ([x]) => x.data.map(Math.tanh),
  accuracy: { ulps: 4, least: 1 },
  samples: [{ inputs: [drawn("f32", [2, 3])] }, { inputs: [drawn("f32", [])] }],
});
