// abs: |x|; its gradient at 0 is that of −x.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { less } from "./less.js";
import { neg } from "./neg.js";
import { select } from "./select.js";
import { elementwise } from "./shared/elementwise.js";

export const abs = definePrimitive({
  name: "abs",
  inputs: ["x"],
  infer: ([x]) => elementwise([x], "f32"),
  vjp: ({ inputs: [x], grads: [grad] }): Gradients => [grad && select(less(0, x), grad, neg(grad))],
  evaluate: ([x]) => x.data.map(Math.abs),
  samples: [{ inputs: [drawn("f32", [2, 3], [0.1, 2])] }, { inputs: [drawn("f32", [5], [-2, -0.1])] }],
});
