// reduceMax: the largest element over axes. At a tie, the tied elements share the gradient equally.
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn, given } from "../sample.js";
import { numel } from "../shape.js";
import { cast } from "./cast.js";
import { div } from "./div.js";
import { equal } from "./equal.js";
import { mul } from "./mul.js";
import { reduceSum } from "./reduce-sum.js";
import { reshape } from "./reshape.js";
import { unreduce } from "./shared/adjoints.js";
import { reduce, reductionAttrs, reductionType } from "./shared/reduction.js";

export const reduceMax = definePrimitive({
  name: "reduceMax",
  inputs: ["x"],
  attrs: reductionAttrs,
  infer: ([x], attrs) => reductionType(x, attrs),
  vjp: ({ inputs: [x], outputs: [y], grads: [grad], attrs }): Gradients => {
    if (!grad || !y) return [null];
    const hit = cast(equal(x, unreduce(y, x.shape, attrs)), { to: "f32" });
    const count = reduceSum(hit, { axes: attrs.axes });
    const share = div(grad.shape.length === count.shape.length ? grad : reshape(grad, { shape: count.shape }), count);
    return [mul(hit, unreduce(share, x.shape, attrs))];
  },
  evaluate: ([x], attrs) => reduce(x, attrs, Number.NEGATIVE_INFINITY, Math.max),
  flops: ([x]) => numel(x.shape),
  accuracy: { ulps: 0, terms: () => 0 },
  samples: [
    { inputs: [drawn("f32", [2, 3, 4])], attrs: { axes: [1] } },
    { inputs: [drawn("f32", [2, 3, 4])], attrs: { axes: [0, 2], keepDims: true } },
    { inputs: [drawn("f32", [5])], attrs: { axes: [0] } },
    { inputs: [drawn("i32", [2, 3])], attrs: { axes: [-1] } },
    {
      inputs: [given("f32", [2, 3], [-Infinity, -Infinity, -Infinity, -Infinity, -2, 1])],
      attrs: { axes: [-1] },
      gradient: false,
      note: "nothing but −∞",
    },
    {
      inputs: [given("f32", [70, 2], new Array<number>(140).fill(-Infinity))],
      attrs: { axes: [0] },
      gradient: false,
      note: "nothing but −∞, in a column long enough to be reduced in parts",
    },
  ],
});
