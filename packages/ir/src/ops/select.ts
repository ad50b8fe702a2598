// select: takes from a where `condition` is true, from b elsewhere; all three broadcast.

import { formatType } from "../dtype.js";
import { CambiumError } from "../errors.js";
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { broadcastShapes } from "../shape.js";
import { sumTo } from "./shared/adjoints.js";
import { elementwise, mapElements } from "./shared/elementwise.js";

export const select = definePrimitive({
  name: "select",
  inputs: ["condition", "a", "b"],
  infer: ([condition, a, b]) => {
    if (condition.dtype !== "bool") {
      throw new CambiumError("E_DTYPE", "the condition must be bool", { got: formatType(condition) });
    }
    const { dtype, shape } = elementwise([a, b], "f32", "i32", "bool");
    return { dtype, shape: broadcastShapes(condition.shape, shape) };
  },
  vjp: ({ inputs: [condition, a, b], grads: [grad] }): Gradients =>
    grad
      ? [null, sumTo(select(condition, grad, 0), a.shape), sumTo(select(condition, 0, grad), b.shape)]
      : [null, null, null],
  evaluate: (inputs) => mapElements(inputs, (c, a = 0, b = 0) => (c ? a : b)),
  flops: () => 0,
  samples: [
    { inputs: [drawn("bool", [2, 3]), drawn("f32", [2, 3]), drawn("f32", [2, 3])] },
    { inputs: [drawn("bool", [2, 1]), drawn("f32", [3]), drawn("f32", [])], note: "broadcast" },
    { inputs: [drawn("bool", [3]), drawn("i32", [3]), drawn("i32", [3])] },
  ],
});
