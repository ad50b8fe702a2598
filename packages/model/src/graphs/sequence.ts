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
import type { LlamaConfig } from "../config.js";
import type { Mask } from "../masks.js";
import { ropeTables } from "../rope-tables.js";
import { type Attend, hiddenStates } from "./layers.js";
import { maskedWeights, plainWeights } from "./masked-weights.js";

export interface SequenceSize {
  readonly batch: number;
  /** Positions computed, at most the config's context length. */
  readonly time: number;
  /** Default: none. */
  readonly masks?: readonly Mask[];
}

/**
 * Inputs: every parameter by its Hugging Face name, then `tokens` i32 [batch, time + 1], then, with masks, `masks`
 * f32 [number of masks]. Output: `loss` f32 [], the mean cross entropy in nats of tokens[:, 1:] given tokens[:, :-1].
 * @throws CambiumError `E_CONTEXT` when `time` exceeds the context length.
 */
export function lossGraph(config: LlamaConfig, { batch, time, masks = [] }: SequenceSize): Graph {
  checkTime(config, time);
  const builder = new GraphBuilder();
  const plain = plainWeights(builder, config);
  const tokens = builder.input("tokens", i32(batch, time + 1));
  const weights = maskedWeights(builder, config, plain, masks);
  const from = (start: number) =>
    reshape(slice(tokens, { start: [0, start], end: [batch, start + time] }), { shape: [batch * time] });
  const { hidden, projection } = hiddenStates(config, weights, from(0), causal(builder, config, batch, time));
  const [loss] = builder.scope("head", () => linearCrossEntropy(hidden, projection, from(1)));
  builder.output("loss", loss);
  return builder.finish();
}

/**
 * Inputs: every parameter by its Hugging Face name, then `tokens` i32 [batch, time], then, with masks, `masks` f32
 * [number of masks]. Output: `logits` f32 [batch, time, vocab].
 * @throws CambiumError `E_CONTEXT` when `time` exceeds the context length.
 */
export function logitsGraph(config: LlamaConfig, { batch, time, masks = [] }: SequenceSize): Graph {
  checkTime(config, time);
  const builder = new GraphBuilder();
  const plain = plainWeights(builder, config);
  const tokens = reshape(builder.input("tokens", i32(batch, time)), { shape: [batch * time] });
  const weights = maskedWeights(builder, config, plain, masks);
  const { hidden, projection } = hiddenStates(config, weights, tokens, causal(builder, config, batch, time));
  const logits = builder.scope("head", () => matmul(hidden, projection, { transB: true }));
  builder.output("logits", reshape(logits, { shape: [batch, time, config.vocabSize] }));
  return builder.finish();
}

/** Causal attention over whole sequences; all layers share the two rotary tables. */
function causal(builder: GraphBuilder, config: LlamaConfig, batch: number, time: number): Attend {
  const { heads, kvHeads } = config;
  const tables = ropeTables(config, time);
  const cos = builder.constant(tables.cos);
  const sin = builder.constant(tables.sin);
  const sequences = (x: Tensor) => reshape(x, { shape: [batch, time, x.shape[1] as number] });
  return (q, k, v) => {
    const turned = rope(sequences(q), cos, sin, { heads });
    const [out] = causalAttention(turned, rope(sequences(k), cos, sin, { heads: kvHeads }), sequences(v), {
      heads,
      kvHeads,
    });
    return reshape(out, { shape: q.shape });
  };
}

export function checkTime(config: LlamaConfig, time: number): void {
  if (time <= config.contextLength) return;
  throw new CambiumError("E_CONTEXT", "the sequence is longer than the model's context", {
    expected: `at most ${config.contextLength} tokens`,
    got: `${time} tokens`,
    hint: "a shorter sequence, or a model configured with a longer context",
  });
}
