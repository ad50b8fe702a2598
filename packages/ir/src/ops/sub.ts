// sub: a − b, broadcasting.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { neg } from "./neg.js";
import { sumTo } from "./shared/adjoints.js";
import { elementwise, mapElements } from "./shared/elementwise.js";

export const sub = definePrimitive({
  name: "sub",
  inputs: ["a", "b"],
  infer: (types) => elementwise(types, "f32", "i32"),
  vjp: ({ inputs: [a, b], grads: [grad] }): Gradients =>
    grad ? [sumTo(grad, a.shape), sumTo(neg(grad), b.shape)] : [null, null],
  evaluate: (inputs) => mapElements(inputs, (a = 0, b = 0) => a - b),
  repeats: ([, b]) => (b === 0 ? 0 : undefined),
  samples: [
    { inputs: [drawn("f32", [2, 3]), drawn("f32", [2, 3])] },
    { inputs: [drawn("f32", [2, 3]), drawn("f32", [3])], note: "broadcast" },
    { inputs: [drawn("f32", [2, 1, 2]), drawn("f32", [3, 1])], note: "broadcast both ways" },
    { inputs: [drawn("i32", [4], [-9, 9]), drawn("i32", [])] },
  ],
});
