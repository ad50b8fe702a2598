// klDivergence: the Kullback–Leibler divergence of one distribution over classes from another, both given by logits.
import { f32, formatType } from "../dtype.js";
import { CambiumError } from "../errors.js";
import type { Gradients, Tensor } from "../graph.js";
import { defineComposite } from "../op.js";
import { add } from "../ops/add.js";
import { div } from "../ops/div.js";
import { exp } from "../ops/exp.js";
import { log } from "../ops/log.js";
import { mul } from "../ops/mul.js";
import { reduceMax } from "../ops/reduce-max.js";
import { reduceSum } from "../ops/reduce-sum.js";
import { sub } from "../ops/sub.js";
import { drawn } from "../sample.js";
import { softmax } from "./softmax.js";

const lastAxis = { axes: [-1], keepDims: true };

/**
 * Finite logits `of` and `from`, f32 [rows, classes] → f32 [], the mean over rows of KL(softmax(of) ‖ softmax(from)) in
 * nats. If both are equal, the gradient is exactly 0.
 */
export const klDivergence = defineComposite({
  name: "klDivergence",
  inputs: ["of", "from"],
  infer: ([of, from]) => {
    const [got, expected] = [of, from].map(formatType);
    if (of.dtype === "f32" && of.shape.length === 2 && got === expected) return f32();
    throw new CambiumError("E_SHAPE", "inputs do not fit together", {
      expected: "of, from: f32[rows, classes]",
      got: `${got}, ${expected}`,
    });
  },
  decompose: ([of, from]) => {
    const logOf = logSoftmax(of);
    const differences = mul(exp(logOf), sub(logOf, logSoftmax(from)));
    return div(reduceSum(differences, { axes: [0, 1] }), of.shape[0] as number);
  },
  vjp: ({ inputs: [of, from], grads: [grad] }): Gradients => {
    if (!grad) return [null, null];
    const share = div(grad, of.shape[0] as number);
    const [p, q] = [softmax(of), softmax(from)];
    const differences = sub(logSoftmax(of), logSoftmax(from));
    const mean = reduceSum(mul(p, differences), lastAxis);
    return [mul(mul(p, sub(differences, mean)), share), mul(sub(q, p), share)];
  },
  samples: [
    { inputs: [drawn("f32", [3, 5]), drawn("f32", [3, 5])] },
    { inputs: [drawn("f32", [2, 7], [-20, 20]), drawn("f32", [2, 7])], gradient: false, note: "large logits" },
  ],
});

function logSoftmax(logits: Tensor): Tensor {
  const peak = reduceMax(logits, lastAxis);
  return sub(logits, add(peak, log(reduceSum(exp(sub(logits, peak)), lastAxis))));
}
