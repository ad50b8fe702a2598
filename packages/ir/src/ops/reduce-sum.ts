// reduceSum: sum over axes.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { numel } from "../shape.js";
import { unreduce } from "./shared/adjoints.js";
import { reduce, reductionAttrs, reductionType } from "./shared/reduction.js";

export const reduceSum = definePrimitive({
  name: "reduceSum",
  inputs: ["x"],
  attrs: reductionAttrs,
  infer: ([x], attrs) => reductionType(x, attrs),
  vjp: ({ inputs: [x], grads: [grad], attrs }): Gradients => [grad ? unreduce(grad, x.shape, attrs) : null],
  evaluate: ([x], attrs) => reduce(x, attrs, 0, (acc, v) => acc + v),
  flops: ([x]) => numel(x.shape),
  samples: [
    { inputs: [drawn("f32", [2, 3, 4])], attrs: { axes: [1] } },
    { inputs: [drawn("f32", [2, 3, 4])], attrs: { axes: [0, 2], keepDims: true } },
    { inputs: [drawn("f32", [5])], attrs: { axes: [0] } },
    { inputs: [drawn("i32", [2, 3])], attrs: { axes: [-1] } },
  ],
});
