// after: x, once another value has been computed. It moves nothing: it is an edge of order, for work that is done again
// in the backward pass (`recompute`), which would otherwise be merged with its first time or done too early.
import { isFloat } from "../dtype.js";
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { broadcast } from "./broadcast.js";

export const after = definePrimitive({
  name: "after",
  inputs: ["x", "cause"],
  infer: ([x]) => x,
  vjp: ({ builder, inputs: [, cause], grads: [grad] }): Gradients => [
    grad,
    isFloat(cause.dtype) ? broadcast(builder.scalar(0, cause.dtype), { shape: cause.shape }) : null,
  ],
  evaluate: ([x]) => x.data,
  flops: () => 0,
  samples: [
    { inputs: [drawn("f32", [2, 3]), drawn("f32", [4])] },
    { inputs: [drawn("i32", []), drawn("bool", [2, 2])] },
    { inputs: [drawn("bool", [3]), drawn("i32", [])] },
  ],
});
