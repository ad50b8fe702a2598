// clipByGlobalNorm: the factor that reduces the joint L2 norm of a set of gradients to a limit (Pascanu et al. 2013).

import type { Tensor } from "../graph.js";
import { defineComposite } from "../op.js";
import { add } from "../ops/add.js";
import { div } from "../ops/div.js";
import { minimum } from "../ops/minimum.js";
import { mul } from "../ops/mul.js";
import { reduceSum } from "../ops/reduce-sum.js";
import { requireDType } from "../ops/shared/elementwise.js";
import { sqrt } from "../ops/sqrt.js";
import { drawn } from "../sample.js";

/** Keeps the factor finite for a zero gradient. PyTorch's `clip_grad_norm_` adds the same number. */
const norm0 = 1e-6;

/**
 * f32 gradients of any shapes → `scale` [] = min(1, maxNorm / (norm + 1e-6)) and `norm` [], their joint L2 norm. The
 * gradients themselves do not change: `adamw` multiplies by `scale` when it reads them.
 */
export const clipByGlobalNorm = defineComposite({
  name: "clipByGlobalNorm",
  inputs: "variadic",
  outputs: ["scale", "norm"],
  attrs: ({ maxNorm }: { maxNorm: number }) => ({ maxNorm }),
  infer: (grads) => {
    requireDType(grads, "f32");
    return [
      { dtype: "f32", shape: [] },
      { dtype: "f32", shape: [] },
    ];
  },
  decompose: (grads, { maxNorm }) => {
    const squares = grads.map((grad) => reduceSum(mul(grad, grad), { axes: grad.shape.map((_, i) => i) }));
    const norm = sqrt(squares.reduce((a, b) => add(a, b)));
    return [minimum(div(norm.builder.scalar(maxNorm), add(norm, norm0)), 1) as Tensor, norm];
  },
  samples: [
    { inputs: [drawn("f32", [2, 3]), drawn("f32", [4])], attrs: { maxNorm: 1 }, note: "clips" },
    { inputs: [drawn("f32", [3], [-0.1, 0.1])], attrs: { maxNorm: 5 }, note: "does not clip" },
    { inputs: [drawn("f32", []), drawn("f32", [1, 1])], attrs: { maxNorm: 0.5 } },
  ],
});
