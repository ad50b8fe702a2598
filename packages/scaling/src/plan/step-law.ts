// Step Law: the best learning rate and batch, by model size and tokens (Li et al. 2025, arXiv 2503.04715).
import { requirePositive } from "../input.js";

/** Ranges of parameters and tokens of the runs that the law was fitted to. */
export const stepLawBox = { parameters: [6e7, 1.1e9], tokens: [2e9, 1e11] } as const;

export interface StepLaw {
  /** Outside {@link stepLawBox}, at most the rate of the box's nearest point: for small models the law is too high. */
  readonly lr: number;
  /** Tokens per optimizer step. */
  readonly batchTokens: number;
  /** Whether the inputs lie inside {@link stepLawBox}; outside, the law is extrapolated. */
  readonly inside: boolean;
}

/**
 * lr = 1.79·N^−0.713·D^0.307 and batch = 0.58·D^0.571 tokens, for AdamW.
 * @param parameters N without embeddings
 * @param tokens D
 * @throws CambiumError `E_SCALING_INPUT`
 */
export function stepLaw(parameters: number, tokens: number): StepLaw {
  requirePositive({ parameters, tokens });
  const { parameters: n, tokens: d } = stepLawBox;
  const within = (value: number, [low, high]: readonly [number, number]) => value >= low && value <= high;
  return {
    lr: Math.min(rate(parameters, tokens), rate(nearest(parameters, n), nearest(tokens, d))),
    batchTokens: 0.58 * tokens ** 0.571,
    inside: within(parameters, n) && within(tokens, d),
  };
}

function rate(parameters: number, tokens: number): number {
  return 1.79 * parameters ** -0.713 * tokens ** 0.307;
}

function nearest(value: number, [low, high]: readonly [number, number]): number {
  return Math.min(high, Math.max(low, value));
}
