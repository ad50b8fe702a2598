// The distillation loss: cross entropy on the data, mixed with the divergence from a frozen teacher's predictions.
import {
  add,
  div,
  equal,
  exp,
  type Graph,
  GraphBuilder,
  i32,
  iota,
  klDivergence,
  log,
  matmul,
  mul,
  type Reason,
  reduceMax,
  reduceSum,
  reshape,
  select,
  slice,
  sub,
  type Tensor,
} from "@cambium/ir";
import type { ModelSpec } from "../family.js";
import { contextLength, modelSizes } from "../model-spec.js";
import { forward } from "./forward.js";
import { maskedWeights, plainWeights } from "./masked-weights.js";
import { causal, checkContext, type SequenceSize } from "./sequence.js";

/** Learning from another model's predictions (Hinton et al. 2015). */
export interface Distillation {
  /** The model to learn from. It must have the student's vocabulary. */
  readonly teacher: ModelSpec;
  /** Weight of the teacher's part in the loss, in (0, 1]; the rest is cross entropy. */
  readonly weight: number;
  /** T: both models' logits are divided by it before they are compared, and the divergence is multiplied by T². */
  readonly temperature: number;
}

/** Name of the graph input for a parameter of the teacher. */
export function teacherName(parameter: string): string {
  return `teacher:${parameter}`;
}

/** The output that distillation trains on. */
export const distilledLossName = "distilledLoss";

/**
 * As `lossGraph`, with the teacher's parameters (`teacherName`) as inputs before `tokens`, and one more output
 * `distilledLoss` f32 []: (1 − weight) · loss + weight · T² · KL(softmax(teacher / T) ‖ softmax(student / T)), nats.
 * @throws CambiumError `E_CONTEXT`
 */
export function distillationGraph(
  model: ModelSpec,
  { batch, context, masks = [] }: SequenceSize,
  { teacher, weight, temperature }: Distillation,
): Graph {
  checkContext(model, context);
  checkContext(teacher, context);
  const builder = new GraphBuilder();
  const plain = plainWeights(builder, model);
  const known = builder.scope("teacher", () => plainWeights(builder, teacher, teacherName));
  const tokens = builder.input("tokens", i32(batch, context + 1));
  const weights = maskedWeights(builder, model, plain, masks);
  const from = (start: number) =>
    reshape(slice(tokens, { start: [0, start], end: [batch, start + context] }), { shape: [batch * context] });
  // The teacher comes first, so that only its last hidden states are alive while the student computes.
  const taught = builder.scope("teacher", () => forward(teacher, causal(from(0), known, batch, context)));
  const { hidden, projection } = forward(model, causal(from(0), weights, batch, context));
  builder.scope("head", () => {
    // Computed once for both parts; `linearCrossEntropy` would compute them a second time.
    const [logits, target] = [{ hidden, projection }, taught].map((one) =>
      matmul(one.hidden, one.projection, { transB: true }),
    ) as [Tensor, Tensor];
    const softened = (of: Tensor) => mul(of, 1 / temperature);
    const distance = mul(klDivergence(softened(target), softened(logits)), weight * temperature ** 2);
    const loss = crossEntropy(logits, from(1));
    builder.output("loss", loss);
    builder.output(distilledLossName, weight === 1 ? distance : add(mul(loss, 1 - weight), distance));
  });
  return builder.finish();
}

/** The mean of −log softmax(logits)[target], nats, of logits [rows, vocab] and targets i32 [rows]. */
function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const [rows, vocab] = logits.shape as [number, number];
  const last = { axes: [1], keepDims: true };
  const peak = reduceMax(logits, last);
  const logSumExp = add(peak, log(reduceSum(exp(sub(logits, peak)), last)));
  const classes = iota(logits.builder, { shape: [1, vocab], axis: 1 });
  const isTarget = equal(classes, reshape(targets, { shape: [rows, 1] }));
  const picked = reduceSum(select(isTarget, logits, 0), last);
  return div(reduceSum(sub(logSumExp, picked), { axes: [0, 1] }), rows);
}

/** Every reason why `model` cannot learn from this teacher in sequences of `context` tokens. */
export function distillationReasons(
  { teacher, weight, temperature }: Distillation,
  model: ModelSpec,
  context: number,
): Reason[] {
  const reasons: Reason[] = [];
  const refuse = (where: string, message: string, expected: string, got: number | undefined) =>
    reasons.push({ where: `distill / ${where}`, message, expected, got: String(got) });
  const [vocab, taught] = [modelSizes(model).vocab, modelSizes(teacher).vocab];
  const longest = contextLength(teacher);
  if (taught !== vocab) refuse("teacher", "predicts another vocabulary", `${vocab} tokens`, taught);
  if (longest < context) refuse("teacher", "reads shorter sequences", `at least ${context} tokens`, longest);
  if (!(weight > 0 && weight <= 1)) refuse("weight", "is not a share", "above 0, at most 1", weight);
  if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY))
    refuse("temperature", "is not a temperature", "a number > 0", temperature);
  return reasons;
}
