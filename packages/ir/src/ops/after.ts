// after: returns x unchanged, but only once `cause` has been computed. It is an ordering edge for work that the
// backward pass does again (`recompute`): without it that work would be merged with the forward pass's, or be done too
// early.
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
