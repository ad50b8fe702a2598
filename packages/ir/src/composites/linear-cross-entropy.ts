// linearCrossEntropy: the output projection and the cross entropy as one op, so that a backend need not keep the logits.
import { f32, formatType, isFloat, type TensorType } from "../dtype.js";
import { CambiumError } from "../errors.js";
import type { Gradients, Tensor } from "../graph.js";
import { defineComposite } from "../op.js";
import { add } from "../ops/add.js";
import { div } from "../ops/div.js";
import { equal } from "../ops/equal.js";
import { exp } from "../ops/exp.js";
import { iota } from "../ops/iota.js";
import { log } from "../ops/log.js";
import { matmul } from "../ops/matmul.js";
import { mul } from "../ops/mul.js";
import { reduceMax } from "../ops/reduce-max.js";
import { reduceSum } from "../ops/reduce-sum.js";
import { reshape } from "../ops/reshape.js";
import { select } from "../ops/select.js";
import { wide } from "../ops/shared/half.js";
import { sub } from "../ops/sub.js";
import { drawn } from "../sample.js";
import { requireNoGradient, requireTypes } from "./shared/statistics.js";

const lastAxis = { axes: [-1], keepDims: true };

/**
 * `hidden` f32 [rows, hidden], `weight` [vocab, hidden], `targets` i32 [rows] in [0, vocab) → `loss` [], the mean of
 * −log softmax(hidden · weightᵀ)[target] in nats, and `logSumExp` [rows] of the logits. Only `loss` carries a gradient.
 * `hidden` and `weight` may be stored in half precision.
 */
export const linearCrossEntropy = defineComposite({
  name: "linearCrossEntropy",
  inputs: ["hidden", "weight", "targets"],
  outputs: ["loss", "logSumExp"],
  matrix: true,
  stored: ["hidden", "weight"],
  infer: ([hidden, weight, targets]) => [
    { dtype: "f32", shape: [] },
    { dtype: "f32", shape: [rowsOf(hidden, weight, targets)] },
  ],
  decompose: ([hidden, weight, targets]) => {
    const rows = hidden.shape[0] as number;
    const logits = matmul(hidden, weight, { transB: true });
    const peak = reduceMax(logits, lastAxis);
    const logSumExp = add(peak, log(reduceSum(exp(sub(logits, peak)), lastAxis)));
    const picked = reduceSum(select(isTarget(targets, logits.shape[1] as number), logits, 0), lastAxis);
    const loss = div(reduceSum(sub(logSumExp, picked), { axes: [0, 1] }), rows);
    return [loss, reshape(logSumExp, { shape: [rows] })];
  },
  vjp: ({ inputs: [hidden, weight, targets], outputs: [, logSumExp], grads: [grad, unused] }): Gradients => {
    requireNoGradient("logSumExp", unused);
    return grad && logSumExp
      ? [...linearCrossEntropyGrad(hidden, weight, targets, logSumExp, grad), null]
      : [null, null, null];
  },
  flops: ([hidden, weight]) =>
    2 * (hidden.shape[0] as number) * (weight.shape[0] as number) * (weight.shape[1] as number),
  samples: [
    { inputs: [drawn("f32", [6, 4]), drawn("f32", [5, 4]), drawn("i32", [6], [0, 5])] },
    {
      inputs: [drawn("f32", [3, 2], [-20, 20]), drawn("f32", [7, 2]), drawn("i32", [3], [0, 7])],
      gradient: false,
      note: "large logits",
    },
    { inputs: [drawn("f16", [6, 4]), drawn("f16", [5, 4]), drawn("i32", [6], [0, 5])] },
  ],
});

/** Cotangents, f32, of `hidden` and `weight` from that of `loss`. */
export const linearCrossEntropyGrad = defineComposite({
  name: "linearCrossEntropyGrad",
  inputs: ["hidden", "weight", "targets", "logSumExp", "grad"],
  outputs: ["hiddenGrad", "weightGrad"],
  matrix: true,
  stored: ["hidden", "weight"],
  infer: ([hidden, weight, targets, logSumExp, grad]) => {
    requireTypes([logSumExp, grad], [f32(rowsOf(hidden, weight, targets)), f32()]);
    return [wide(hidden), wide(weight)];
  },
  decompose: ([hidden, weight, targets, logSumExp, grad]) => {
    const rows = hidden.shape[0] as number;
    const logits = matmul(hidden, weight, { transB: true });
    const probabilities = exp(sub(logits, reshape(logSumExp, { shape: [rows, 1] })));
    const wrong = sub(probabilities, select(isTarget(targets, logits.shape[1] as number), hidden.builder.scalar(1), 0));
    const logitsGrad = mul(wrong, div(grad, rows));
    return [matmul(logitsGrad, weight), matmul(logitsGrad, hidden, { transA: true })];
  },
  flops: ([hidden, weight]) =>
    4 * (hidden.shape[0] as number) * (weight.shape[0] as number) * (weight.shape[1] as number),
  samples: [
    {
      inputs: [
        drawn("f32", [6, 4]),
        drawn("f32", [5, 4]),
        drawn("i32", [6], [0, 5]),
        drawn("f32", [6], [4, 6]),
        drawn("f32", []),
      ],
      gradient: false,
    },
    {
      inputs: [
        drawn("f16", [6, 4]),
        drawn("f16", [5, 4]),
        drawn("i32", [6], [0, 5]),
        drawn("f32", [6], [4, 6]),
        drawn("f32", []),
      ],
      gradient: false,
    },
  ],
});

function rowsOf(hidden: TensorType, weight: TensorType, targets: TensorType): number {
  const [rows, width] = hidden.shape;
  const fits =
    isFloat(hidden.dtype) &&
    hidden.shape.length === 2 &&
    isFloat(weight.dtype) &&
    weight.shape.length === 2 &&
    weight.shape[1] === width;
  if (!fits || rows === undefined || formatType(targets) !== `i32[${rows}]`) {
    throw new CambiumError("E_SHAPE", "inputs do not fit together", {
      expected: "hidden: f32[rows, hidden], weight: f32[vocab, hidden], targets: i32[rows]",
      got: [hidden, weight, targets].map(formatType).join(", "),
    });
  }
  return rows;
}

/** bool [rows, vocab]: true at each row's target. */
function isTarget(targets: Tensor, vocab: number): Tensor {
  const column = iota(targets.builder, { shape: [1, vocab], axis: 1 });
  return equal(column, reshape(targets, { shape: [targets.shape[0] as number, 1] }));
}
