// The configuration of a training step that contestants compare, as a model and as batches.
import { Random } from "@cambium/ir";
import { type DecoderConfig, llama, type ModelSpec, modelSpec } from "@cambium/model";

/** A Llama and its batches, in the spelling that peers in other languages read. */
export interface StepConfig {
  readonly layers: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocab: number;
  readonly batch: number;
  readonly context: number;
}

/** The Llama of a configuration; its context length is that of a sequence. */
export function modelOf(config: StepConfig): ModelSpec<DecoderConfig> {
  const { vocab, hidden, intermediate, layers, heads, kvHeads, context } = config;
  return modelSpec(llama, { vocab, hidden, intermediate, layers, heads, kvHeads, contextLength: context });
}

/** Batch number `position`, i32 [batch, context + 1] row-major: random tokens, the same for every contestant. */
export function batchAt({ batch, context, vocab }: StepConfig, position: number): Int32Array {
  const random = new Random(`bench/${position}`);
  return new Int32Array(batch * (context + 1)).map((_, i) => random.word(i) % vocab);
}
