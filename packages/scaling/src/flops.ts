// FLOPs of training: counted in the model's graph, and the 6ND estimate.
import { CambiumError, graphCost } from "@cambium/ir";
import { lossGraph, type ModelSpec } from "@cambium/model";
import { requirePositive } from "./input.js";

export interface StepSize {
  /** Sequences per step. */
  readonly batch: number;
  /** Tokens per sequence. */
  readonly context: number;
}

const counted = new Map<string, number>();

/**
 * Exact FLOPs of one training step of `model` with nothing frozen: the matrix work of its loss graph (matrix products,
 * all context × context attention scores, the output projection), and twice that for the backward pass. Elementwise
 * work and the embedding lookup are not counted. Results are cached.
 * @throws CambiumError `E_SCALING_INPUT`, `E_CONTEXT` if the model's sequences are shorter than `context`,
 * `E_UNSUPPORTED` for a family without a graph
 */
export function stepFlops(model: ModelSpec, { batch, context }: StepSize): number {
  requirePositive({ batch, context });
  if (!model.family.forward) {
    throw new CambiumError("E_UNSUPPORTED", `a ${model.family.name} model has no graph to count FLOPs in`);
  }
  const key = `${batch}×${context} ${JSON.stringify(model)}`;
  const flops = counted.get(key) ?? 3 * graphCost(lossGraph(model, { batch, context })).matrixFlops;
  counted.set(key, flops);
  return flops;
}

/**
 * Exact training FLOPs per token, in sequences of `context` tokens.
 * @throws CambiumError as `stepFlops`
 */
export function tokenFlops(model: ModelSpec, context: number): number {
  return stepFlops(model, { batch: 1, context }) / context;
}

/**
 * The usual estimate C = 6·N·D.
 * @throws CambiumError `E_SCALING_INPUT`
 */
export function sixND(parameters: number, tokens: number): number {
  requirePositive({ parameters, tokens });
  return 6 * parameters * tokens;
}
