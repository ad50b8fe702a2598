// sin: sine of radians.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { cos } from "./cos.js";
import { mul } from "./mul.js";
import { elementwise } from "./shared/elementwise.js";

export const sin = definePrimitive({
  name: "sin",
  inputs: ["x"],
  infer: ([x]) => elementwise([x], "f32"),
  vjp: ({ inputs: [x], grads: [grad] }): Gradients => [grad && mul(grad, cos(x))],
  evaluate: ([x]) => x.data.map(Math.sin),
  accuracy: { ulps: 4, least: 1 },
  samples: [{ inputs: [drawn("f32", [2, 3])] }, { inputs: [drawn("f32", [])] }],
});
