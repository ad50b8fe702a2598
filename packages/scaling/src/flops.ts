// Floating-point operations of a Llama-style decoder: exact matrix work, and the 6ND estimate.
import { requirePositive } from "./input.js";
import { checkShape, layerWeights, type ModelShape } from "./shape.js";

/**
 * How attention scores are counted: `full` counts the whole T × T square, as most papers do; `causal` only the
 * T(T+1)/2 pairs a causal model needs.
 */
export type ScoreCount = "causal" | "full";

/**
 * Exact FLOPs of one forward pass over one sequence of `sequenceLength` tokens:
 * 2T[L(2dHe + 2d·KV·e + 3dF) + Vd] for the weights, and 4·L·He·T² (`full`) or 2·L·He·T(T+1) (`causal`) for scores
 * and their values. The embedding lookup is free; the output head counts even where it is tied.
 * @throws CambiumError `E_SCALING_SHAPE`, `E_SCALING_INPUT`.
 */
export function forwardFlops(shape: ModelShape, sequenceLength: number, scores: ScoreCount = "causal"): number {
  checkShape(shape);
  requirePositive({ sequenceLength });
  const { layers, hidden, heads, headDim, vocab } = shape;
  const weights = 2 * sequenceLength * (layers * layerWeights(shape) + vocab * hidden);
  const pairs = scores === "full" ? sequenceLength ** 2 : (sequenceLength * (sequenceLength + 1)) / 2;
  return weights + 4 * layers * heads * headDim * pairs;
}

/**
 * Exact FLOPs of training on one sequence: forward, and a backward pass of twice its work.
 * @throws CambiumError `E_SCALING_SHAPE`, `E_SCALING_INPUT`.
 */
export function trainFlops(shape: ModelShape, sequenceLength: number, scores: ScoreCount = "causal"): number {
  return 3 * forwardFlops(shape, sequenceLength, scores);
}

/**
 * The usual estimate C = 6·N·D: `parameters` N, `tokens` D.
 * @throws CambiumError `E_SCALING_INPUT`.
 */
export function sixND(parameters: number, tokens: number): number {
  requirePositive({ parameters, tokens });
  return 6 * parameters * tokens;
}
