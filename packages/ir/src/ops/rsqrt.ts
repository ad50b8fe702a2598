// rsqrt: 1/√x.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { mul } from "./mul.js";
import { elementwise } from "./shared/elementwise.js";

export const rsqrt = definePrimitive({
  name: "rsqrt",
  inputs: ["x"],
  infer: ([x]) => elementwise([x], "f32"),
  vjp: ({ outputs: [y], grads: [grad] }): Gradients => [grad && y ? mul(mul(grad, -0.5), mul(y, mul(y, y))) : null],
  evaluate: ([x]) => x.data.map((v) => 1 / Math.sqrt(v)),
  accuracy: { ulps: 3 },
  samples: [{ inputs: [drawn("f32", [2, 3], [0.2, 3])] }, { inputs: [drawn("f32", [7], [0.2, 3])] }],
});
