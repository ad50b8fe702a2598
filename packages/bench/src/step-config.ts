// The configuration of a benchmarked training step, as a model and as batches.
import { numel, Random } from "@cambium/ir";
import { type DecoderConfig, llama, type ModelSpec, modelSpec, parameterTable } from "@cambium/model";

/** Sizes of a Llama and its batches, under the names that peers in other languages read. */
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

/** The Llama of a configuration; its context length is the sequence length. */
export function modelOf(config: StepConfig): ModelSpec<DecoderConfig> {
  const { vocab, hidden, intermediate, layers, heads, kvHeads, context } = config;
  return modelSpec(llama, { vocab, hidden, intermediate, layers, heads, kvHeads, contextLength: context });
}

/** The number of its parameters. */
export function parametersOf(config: StepConfig): number {
  const table = parameterTable(modelOf(config));
  return table.reduce((sum, { shape }) => sum + numel(shape), 0);
}

/** Batch number `position`: random tokens, i32 [batch, context + 1], row-major, the same for every contestant. */
export function batchAt({ batch, context, vocab }: StepConfig, position: number): Int32Array {
  const random = new Random(`bench/${position}`);
  return new Int32Array(batch * (context + 1)).map((_, i) => random.word(i) % vocab);
}
