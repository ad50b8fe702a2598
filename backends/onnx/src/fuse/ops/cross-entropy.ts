// crossEntropy and its gradient, which share the probabilities, so that the logits are computed only once.
import {
  composites,
  defineComposite,
  div,
  drawn,
  equal,
  exp,
  f32,
  iota,
  linearCrossEntropy,
  matmul,
  mul,
  reshape,
  select,
  sub,
} from "@cambium/ir";

/** As `linearCrossEntropy`, but its second output is `probabilities` [rows, vocab]. */
export const crossEntropy = defineComposite({
  name: "onnx.crossEntropy",
  inputs: ["hidden", "weight", "targets"],
  outputs: ["loss", "probabilities"],
  infer: ([hidden, weight, targets]) => {
    composites.linearCrossEntropy.op.infer([hidden, weight, targets], {});
    return [
      { dtype: "f32", shape: [] },
      { dtype: "f32", shape: [hidden.shape[0] as number, weight.shape[0] as number] },
    ];
  },
  decompose: ([hidden, weight, targets]) => {
    const [loss, logSumExp] = linearCrossEntropy(hidden, weight, targets);
    const logits = matmul(hidden, weight, { transB: true });
    return [loss, exp(sub(logits, reshape(logSumExp, { shape: [hidden.shape[0] as number, 1] })))];
  },
  samples: [
    { inputs: [drawn("f32", [6, 4]), drawn("f32", [5, 4]), drawn("i32", [6], [0, 5])] },
    { inputs: [drawn("f32", [3, 2], [-20, 20]), drawn("f32", [7, 2]), drawn("i32", [3], [0, 7])], gradient: false },
  ],
});

/** `scale` times the cotangents of `hidden` and `weight` for a cotangent of 1 of `loss`. */
export const crossEntropyGrad = defineComposite({
  name: "onnx.crossEntropyGrad",
  inputs: ["hidden", "weight", "targets", "probabilities"],
  outputs: ["hiddenGrad", "weightGrad"],
  attrs: (given: { scale: number }) => given,
  infer: ([hidden, weight]) => [f32(...hidden.shape), f32(...weight.shape)],
  decompose: ([hidden, weight, targets, probabilities], { scale }) => {
    const [rows, vocab] = probabilities.shape as [number, number];
    const column = iota(targets.builder, { shape: [1, vocab], axis: 1 });
    const isTarget = equal(column, reshape(targets, { shape: [rows, 1] }));
    const wrong = sub(probabilities, select(isTarget, targets.builder.scalar(1), 0));
    const logitsGrad = mul(div(wrong, rows), scale);
    return [matmul(logitsGrad, weight), matmul(logitsGrad, hidden, { transA: true })];
  },
  samples: [
    {
      inputs: [drawn("f32", [6, 4]), drawn("f32", [5, 4]), drawn("i32", [6], [0, 5]), drawn("f32", [6, 5], [0, 1])],
      attrs: { scale: 0.5 },
      gradient: false,
    },
  ],
});
