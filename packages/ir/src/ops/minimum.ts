// minimum: the smaller of a and b, broadcasting; at a tie the gradient goes to a.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { less } from "./less.js";
import { select } from "./select.js";
import { sumTo } from "./shared/adjoints.js";
import { elementwise, mapElements } from "./shared/elementwise.js";

export const minimum = definePrimitive({
  name: "minimum",
  inputs: ["a", "b"],
  infer: (types) => elementwise(types, "f32", "i32"),
  vjp: ({ inputs: [a, b], grads: [grad] }): Gradients => {
    if (!grad) return [null, null];
    const takesB = less(b, a);
    return [sumTo(select(takesB, 0, grad), a.shape), sumTo(select(takesB, grad, 0), b.shape)];
  },
  evaluate: (inputs) => mapElements(inputs, (a = 0, b = 0) => Math.min(a, b)),
  samples: [
    { inputs: [drawn("f32", [2, 3]), drawn("f32", [2, 3])] },
    { inputs: [drawn("f32", [2, 3]), drawn("f32", [3])], note: "broadcast" },
    { inputs: [drawn("f32", [2, 1, 2]), drawn("f32", [3, 1])], note: "broadcast both ways" },
    { inputs: [drawn("i32", [4], [-9, 9]), drawn("i32", [])] },
  ],
});
