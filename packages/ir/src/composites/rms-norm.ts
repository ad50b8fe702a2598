// rmsNorm: x / sqrt(mean(x²) + eps) · weight over the last axis (Zhang & Sennrich 2019, "Root Mean Square Layer
// Normalization").
import type { TensorType } from "../dtype.js";
import { formatType } from "../dtype.js";
import { CambiumError } from "../errors.js";
import type { Gradients } from "../graph.js";
import { defineComposite } from "../op.js";
import { add } from "../ops/add.js";
import { div } from "../ops/div.js";
import { mul } from "../ops/mul.js";
import { reduceSum } from "../ops/reduce-sum.js";
import { rsqrt } from "../ops/rsqrt.js";
import { sumTo } from "../ops/shared/adjoints.js";
import { sub } from "../ops/sub.js";
import { drawn } from "../sample.js";
import { requireNoGradient, requireTypes } from "./shared/statistics.js";

const lastAxis = { axes: [-1], keepDims: true };

/**
 * `x` f32 [.., hidden], `weight` [hidden] → `y` [.., hidden] and `inverseRms` [.., 1], which the gradient rule reads.
 * Only `y` carries a gradient.
 */
export const rmsNorm = defineComposite({
  name: "rmsNorm",
  inputs: ["x", "weight"],
  outputs: ["y", "inverseRms"],
  attrs: ({ eps }: { eps: number }) => ({ eps }),
  infer: ([x, weight]) => [x, statistics(x, weight)],
  decompose: ([x, weight], { eps }) => {
    const inverseRms = rsqrt(add(div(reduceSum(mul(x, x), lastAxis), x.shape.at(-1) as number), eps));
    return [mul(mul(x, inverseRms), weight), inverseRms];
  },
  vjp: ({ inputs: [x, weight], outputs: [, inverseRms], grads: [grad, unused] }): Gradients => {
    requireNoGradient("inverseRms", unused);
    return grad && inverseRms ? rmsNormGrad(x, weight, inverseRms, grad) : [null, null];
  },
  samples: [
    { inputs: [drawn("f32", [3, 8]), drawn("f32", [8])], attrs: { eps: 1e-5 } },
    { inputs: [drawn("f32", [2, 3, 5]), drawn("f32", [5])], attrs: { eps: 1e-2 } },
  ],
});

/** Cotangents of `x` and `weight` from that of `y`. */
export const rmsNormGrad = defineComposite({
  name: "rmsNormGrad",
  inputs: ["x", "weight", "inverseRms", "grad"],
  outputs: ["xGrad", "weightGrad"],
  infer: ([x, weight, inverseRms, grad]) => {
    requireTypes([inverseRms, grad], [statistics(x, weight), x]);
    return [x, weight];
  },
  decompose: ([x, weight, inverseRms, grad]) => {
    const normal = mul(x, inverseRms);
    const scaled = mul(grad, weight);
    const mean = div(reduceSum(mul(scaled, normal), lastAxis), x.shape.at(-1) as number);
    return [mul(sub(scaled, mul(normal, mean)), inverseRms), sumTo(mul(grad, normal), weight.shape)];
  },
  samples: [
    { inputs: [drawn("f32", [3, 8]), drawn("f32", [8]), drawn("f32", [3, 1], [0.5, 2]), drawn("f32", [3, 8])] },
    {
      inputs: [drawn("f32", [2, 3, 5]), drawn("f32", [5]), drawn("f32", [2, 3, 1], [0.5, 2]), drawn("f32", [2, 3, 5])],
    },
  ],
});

function statistics(x: TensorType, weight: TensorType): TensorType {
  if (x.dtype !== "f32" || formatType(weight) !== `f32[${x.shape.at(-1)}]`) {
    throw new CambiumError("E_SHAPE", "the weight must match the last axis", {
      expected: "x: f32[.., hidden], weight: f32[hidden]",
      got: `${formatType(x)} and ${formatType(weight)}`,
    });
  }
  return { dtype: "f32", shape: [...x.shape.slice(0, -1), 1] };
}
