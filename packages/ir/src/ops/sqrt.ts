// sqrt: √x.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { div } from "./div.js";
import { mul } from "./mul.js";
import { elementwise } from "./shared/elementwise.js";

export const sqrt = definePrimitive({
  name: "sqrt",
  inputs: ["x"],
  infer: ([x]) => elementwise([x], "f32"),
  vjp: ({ outputs: [y], grads: [grad] }): Gradients => [grad && y ? div(mul(grad, 0.5), y) : null],
  evaluate: ([x]) => x.data.map(Math.sqrt),
  accuracy: { ulps: 4 },
  samples: [{ inputs: [drawn("f32", [2, 3], [0.2, 3])] }, { inputs: [drawn("f32", [7], [0.2, 3])] }],
});
