// Graphs over whole sequences: the training loss and the logits of every position.
import {
  CambiumError,
  causalAttention,
  type Graph,
  GraphBuilder,
  i32,
  linearCrossEntropy,
  matmul,
  reshape,
  rope,
  slice,
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
  /** Number of positions, at most the model's context length. */
  readonly context: number;
  /** Default: none. */
  readonly masks?: readonly Mask[];
}

/**
 * Inputs: every parameter by its Hugging Face name, then `tokens` i32 [batch, context + 1], then, with masks, `masks`
 * f32 [number of masks]. Output: `loss` f32 [], the mean cross entropy in nats of tokens[:, 1:] given tokens[:, :-1].
 * @throws CambiumError `E_CONTEXT` when `context` exceeds the context length.
 */
export function lossGraph(model: ModelSpec, { batch, context, masks = [] }: SequenceSize): Graph {
  checkContext(model, context);
  const builder = new GraphBuilder();
  const plain = plainWeights(builder, model);
  const tokens = builder.input("tokens", i32(batch, context + 1));
  const weights = maskedWeights(builder, model, plain, masks);
  const from = (start: number) =>
    reshape(slice(tokens, { start: [0, start], end: [batch, start + context] }), { shape: [batch * context] });
  const { hidden, projection } = forward(model, causal(from(0), weights, batch, context));
  const [loss] = builder.scope("head", () => linearCrossEntropy(hidden, projection, from(1)));
  builder.output("loss", loss);
  return builder.finish();
}

/**
 * Inputs: every parameter by its Hugging Face name, then `tokens` i32 [batch, context], then, with masks, `masks` f32
 * [number of masks]. Output: `logits` f32 [batch, context, vocab].
 * @throws CambiumError `E_CONTEXT` when `context` exceeds the context length.
 */
export function logitsGraph(model: ModelSpec, { batch, context, masks = [] }: SequenceSize): Graph {
  checkContext(model, context);
  const builder = new GraphBuilder();
  const plain = plainWeights(builder, model);
  const tokens = reshape(builder.input("tokens", i32(batch, context)), { shape: [batch * context] });
  const weights = maskedWeights(builder, model, plain, masks);
  const { hidden, projection } = forward(model, causal(tokens, weights, batch, context));
  const logits = builder.scope("head", () => matmul(hidden, projection, { transB: true }));
  builder.output("logits", reshape(logits, { shape: [batch, context, projection.shape[0] as number] }));
  return builder.finish();
}

/** The pass of whole sequences: causal attention, positions from 0. */
export function causal(ids: Tensor, weights: Weights, batch: number, context: number): Pass {
  const { builder } = ids;
  const sequences = (x: Tensor) => reshape(x, { shape: [batch, context, x.shape[1] as number] });
  return {
    ids,
    weights,
    rotary: (frequencies) => {
      const tables = ropeTables(frequencies, context);
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

/** @throws CambiumError `E_CONTEXT` if `context` exceeds the model's context length. */
export function checkContext(model: ModelSpec, context: number): void {
  const longest = contextLength(model);
  if (context <= longest) return;
  throw new CambiumError("E_CONTEXT", "the sequence is longer than the model's context", {
    expected: `at most ${longest} tokens`,
    got: `${context} tokens`,
    hint: "a shorter sequence, or a model configured with a longer context",
  });
}
