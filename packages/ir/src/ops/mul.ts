// mul: a · b, broadcasting.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { sumTo } from "./shared/adjoints.js";
import { elementwise, mapElements } from "./shared/elementwise.js";

export const mul = definePrimitive({
  name: "mul",
  inputs: ["a", "b"],
  infer: (types) => elementwise(types, "f32", "i32"),
  vjp: ({ inputs: [a, b], grads: [grad] }): Gradients =>
    grad ? [sumTo(mul(grad, b), a.shape), sumTo(mul(grad, a), b.shape)] : [null, null],
  evaluate: (inputs) => mapElements(inputs, inputs[0].type.dtype === "i32" ? Math.imul : (a = 0, b = 0) => a * b),
  repeats: ([a, b]) => (b === 1 ? 0 : a === 1 ? 1 : undefined),
  samples: [
    { inputs: [drawn("f32", [2, 3]), drawn("f32", [2, 3])] },
    { inputs: [drawn("f32", [2, 3]), drawn("f32", [3])], note: "broadcast" },
    { inputs: [drawn("f32", [2, 1, 2]), drawn("f32", [3, 1])], note: "broadcast both ways" },
    { inputs: [drawn("i32", [4], [-9, 9]), drawn("i32", [])] },
  ],
});
