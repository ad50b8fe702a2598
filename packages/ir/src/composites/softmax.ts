// softmax over the last axis.
import type { Gradients } from "../graph.js";
import { defineComposite } from "../op.js";
import { div } from "../ops/div.js";
import { exp } from "../ops/exp.js";
import { mul } from "../ops/mul.js";
import { reduceMax } from "../ops/reduce-max.js";
import { reduceSum } from "../ops/reduce-sum.js";
import { requireDType } from "../ops/shared/elementwise.js";
import { sub } from "../ops/sub.js";
import { drawn, given } from "../sample.js";
import { normalizeAxis } from "../shape.js";

const lastAxis = { axes: [-1], keepDims: true };

/** `x` f32 [.., n] → [.., n], rows summing to 1; shifted by the row's maximum, so it does not overflow. */
export const softmax = defineComposite({
  name: "softmax",
  inputs: ["x"],
  infer: ([x]) => {
    requireDType([x], "f32");
    normalizeAxis(-1, x.shape.length);
    return x;
  },
  decompose: ([x]) => {
    const e = exp(sub(x, reduceMax(x, lastAxis)));
    return div(e, reduceSum(e, lastAxis));
  },
  vjp: ({ outputs: [y], grads: [grad] }): Gradients => {
    if (!y || !grad) return [null];
    const weighted = mul(grad, y);
    return [sub(weighted, mul(y, reduceSum(weighted, lastAxis)))];
  },
  samples: [
    { inputs: [drawn("f32", [3, 5])] },
    { inputs: [drawn("f32", [2, 2, 4], [-30, 30])], gradient: false, note: "large differences" },
    {
      inputs: [given("f32", [2, 3], [0, -Infinity, 1, -Infinity, -Infinity, 2])],
      gradient: false,
      note: "masked by −∞",
    },
    {
      inputs: [given("f32", [1, 3], [-Infinity, -Infinity, -Infinity])],
      gradient: false,
      note: "a row of nothing but −∞ has no softmax: NaN",
    },
  ],
});
