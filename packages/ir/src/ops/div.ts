// div: a / b, broadcasting; f32 only.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";
import { sumTo } from "./shared/adjoints.js";
import { elementwise, mapElements } from "./shared/elementwise.js";

export const div = definePrimitive({
  name: "div",
  inputs: ["a", "b"],
  infer: (types) => elementwise(types, "f32"),
  vjp: ({ inputs: [a, b], outputs: [y], grads: [grad] }): Gradients => {
    if (!grad || !y) return [null, null];
    const da = div(grad, b);
    return [sumTo(da, a.shape), sumTo(neg(mul(da, y)), b.shape)];
  },
  evaluate: (inputs) => mapElements(inputs, (a = 0, b = 0) => a / b),
  repeats: ([, b]) => (b === 1 ? 0 : undefined),
  accuracy: { ulps: 3 },
  samples: [
    { inputs: [drawn("f32", [2, 3]), drawn("f32", [2, 3], [0.5, 2])] },
    { inputs: [drawn("f32", [2, 3]), drawn("f32", [3], [-2, -0.5])], note: "broadcast" },
  ],
});
