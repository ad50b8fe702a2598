// exp: e^x.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { mul } from "./mul.js";
import { elementwise } from "./shared/elementwise.js";

export const exp = definePrimitive({
  name: "exp",
  inputs: ["x"],
  infer: ([x]) => elementwise([x], "f32"),
  vjp: ({ outputs: [y], grads: [grad] }): Gradients => [grad && y ? mul(grad, y) : null],
  evaluate: ([x]) => x.data.map(Math.exp),
  accuracy: { ulps: 4 },
  samples: [{ inputs: [drawn("f32", [2, 3])] }, { inputs: [drawn("f32", [])] }],
});
