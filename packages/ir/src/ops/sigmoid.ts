// sigmoid: 1 / (1 + e^−x), with no overflow for large |x|.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { mul } from "./mul.js";
import { elementwise } from "./shared/elementwise.js";
import { sub } from "./sub.js";

export const sigmoid = definePrimitive({
  name: "sigmoid",
  inputs: ["x"],
  infer: ([x]) => elementwise([x], "f32"),
  vjp: ({ outputs: [y], grads: [grad] }): Gradients => [grad && y ? mul(grad, mul(y, sub(1, y))) : null],
  evaluate: ([x]) => x.data.map((v) => (v < 0 ? Math.exp(v) / (1 + Math.exp(v)) : 1 / (1 + Math.exp(-v)))),
  accuracy: { ulps: 4, least: 1 },
  samples: [
    { inputs: [drawn("f32", [2, 3])] },
    { inputs: [drawn("f32", [])] },
    { inputs: [drawn("f32", [4], [-90, 90])], gradient: false, note: "saturated ends" },
  ],
});
