// floor: the largest integer ≤ x, as f32. The gradient is zero wherever it is defined.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn, given } from "../sample.js";
import { mul } from "./mul.js";
import { elementwise } from "./shared/elementwise.js";

export const floor = definePrimitive({
  name: "floor",
  inputs: ["x"],
  infer: (types) => elementwise(types, "f32"),
  vjp: ({ grads: [grad] }): Gradients => [grad ? mul(grad, 0) : null],
  evaluate: ([x]) => x.data.map(Math.floor),
  samples: [
    { inputs: [drawn("f32", [2, 3])] },
    { inputs: [given("f32", [4], [-1, -0.5, 0, 2])], gradient: false, note: "at its steps" },
  ],
});
