// log: the natural logarithm.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { div } from "./div.js";
import { elementwise } from "./shared/elementwise.js";

export const log = definePrimitive({
  name: "log",
  inputs: ["x"],
  infer: ([x]) => elementwise([x], "f32"),
  vjp: ({ inputs: [x], grads: [grad] }): Gradients => [grad && div(grad, x)],
  evaluate: ([x]) => x.data.map(Math.log),
  accuracy: { ulps: 4, least: 1 },
  samples: [{ inputs: [drawn("f32", [2, 3], [0.2, 3])] }, { inputs: [drawn("f32", [7], [0.2, 3])] }],
});
