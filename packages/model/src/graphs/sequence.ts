// Graphs over whole sequences: the training loss and the logits of every position.
import {
  argMax,
  CambiumError,
  causalAttention,
  equal,
  exp,
  type Graph,
  GraphBuilder,
  i32,
  iota,
  linearCrossEntropy,
  log,
  matmul,
  reduceMax,
  reduceSum,
  reshape,
  rope,
  select,
  slice,
  sub,
  type Tensor,
} from "@cambium/ir";
import type { ModelSpec } from "../family.js";
import type { Mask } from "../masks.js";
import { contextLength } from "../model-spec.js";
import { ropeTables } from "../rope-tables.js";
import { forward } from "./forward.js";
import { maskedWeights, plainWeights } from "./masked-weights.js";
import type { Pass, Weights } from "./pass.js";

export interface SequenceSize {
  readonly batch: number;
  /** Positions computed, at most the model's context length. */
  readonly time: number;
  /** Default: none. */
  readonly masks?: readonly Mask[];
}

/**
 * Inputs: every parameter by its Hugging Face name, then `tokens` i32 [batch, time + 1], then, with masks, `masks`
 * f32 [number of masks]. Output: `loss` f32 [], the mean cross entropy in nats of tokens[:, 1:] given tokens[:, :-1].
 * @throws CambiumError `E_CONTEXT` when `time` exceeds the context length.
 */
export function lossGraph(model: ModelSpec, size: SequenceSize): Graph {
  const { builder, hidden, projection, targets } = predictions(model, size);
  const [loss] = builder.scope("head", () => linearCrossEntropy(hidden, projection, targets()));
  builder.output("loss", loss);
  return builder.finish();
}

/**
 * Inputs: every parameter by its Hugging Face name, then `tokens` i32 [batch, time], then, with masks, `masks` f32
 * [number of masks]. Output: `logits` f32 [batch, time, vocab].
 * @throws CambiumError `E_CONTEXT` when `time` exceeds the context length.
 */
export function logitsGraph(model: ModelSpec, { batch, time, masks = [] }: SequenceSize): Graph {
  checkTime(model, time);
  const builder = new GraphBuilder();
  const plain = plainWeights(builder, model);
  const tokens = reshape(builder.input("tokens", i32(batch, time)), { shape: [batch * time] });
  const weights = maskedWeights(builder, model, plain, masks);
  const { hidden, projection } = forward(model, causal(tokens, weights, batch, time));
  const logits = builder.scope("head", () => matmul(hidden, projection, { transB: true }));
  builder.output("logits", reshape(logits, { shape: [batch, time, projection.shape[0] as number] }));
  return builder.finish();
}

/**
 * Inputs as those of `lossGraph`. Outputs, f32 and i32 [batch, time]: `logLikelihood`, log p in nats of tokens[:, 1:]
 * given those before, and `greedy`, the likeliest token there; at equal logits the lower id.
 * @throws CambiumError `E_CONTEXT` when `time` exceeds the context length.
 */
export function logLikelihoodGraph(model: ModelSpec, size: SequenceSize): Graph {
  const { batch, time } = size;
  const { builder, hidden, projection, targets } = predictions(model, size);
  const lastAxis = { axes: [-1], keepDims: true };
  builder.scope("head", () => {
    const logits = matmul(hidden, projection, { transB: true });
    const ids = iota(builder, { shape: logits.shape, axis: 1 });
    const isTarget = equal(ids, reshape(targets(), { shape: [batch * time, 1] }));
    const shifted = sub(logits, reduceMax(logits, lastAxis));
    const picked = reduceSum(select(isTarget, shifted, 0), lastAxis);
    const logLikelihood = sub(picked, log(reduceSum(exp(shifted), lastAxis)));
    builder.output("logLikelihood", reshape(logLikelihood, { shape: [batch, time] }));
    builder.output("greedy", reshape(argMax(logits, { axis: 1 }), { shape: [batch, time] }));
  });
  return builder.finish();
}

/** Whole sequences: causal attention, positions from 0. */
function causal(ids: Tensor, weights: Weights, batch: number, time: number): Pass {
  const { builder } = ids;
  const sequences = (x: Tensor) => reshape(x, { shape: [batch, time, x.shape[1] as number] });
  return {
    ids,
    weights,
    rotary: (frequencies) => {
      const tables = ropeTables(frequencies, time);
      const cos = builder.constant(tables.cos);
      const sin = builder.constant(tables.sin);
      return (x, heads) => rope(sequences(x), cos, sin, { heads });
    },
    attend: (q, k, v, { heads, kvHeads, rotary }) => {
      const turned = rotary(q, heads);
      const [out] = causalAttention(turned, rotary(k, kvHeads), sequences(v), { heads, kvHeads });
      return reshape(out, { shape: q.shape });
    },
  };
}

export function checkTime(model: ModelSpec, time: number): void {
  const longest = contextLength(model);
  if (time <= longest) return;
  throw new CambiumError("E_CONTEXT", "the sequence is longer than the model's context", {
    expected: `at most ${longest} tokens`,
    got: `${time} tokens`,
    hint: "a shorter sequence, or a model configured with a longer context",
  });
}

/** The forward pass over tokens[:, :-1]; `targets` makes what it predicts, tokens[:, 1:] as [batch · time]. */
function predictions(model: ModelSpec, { batch, time, masks = [] }: SequenceSize) {
  checkTime(model, time);
  const builder = new GraphBuilder();
  const plain = plainWeights(builder, model);
  const tokens = builder.input("tokens", i32(batch, time + 1));
  const weights = maskedWeights(builder, model, plain, masks);
  const from = (start: number) =>
    reshape(slice(tokens, { start: [0, start], end: [batch, start + time] }), { shape: [batch * time] });
  const { hidden, projection } = forward(model, causal(from(0), weights, batch, time));
  return { builder, hidden, projection, targets: () => from(1) };
}
