// Shared by tasks that score whole texts.
import { pythonWhiteSpace } from "@cambium/inference";
import { ratio } from "../metrics.js";
import type { EvalAnswer, Metric } from "../task.js";

const whiteSpace = new RegExp(`[${pythonWhiteSpace}]+`);

/** Words are the pieces between runs of white space; a run at either end adds an empty piece, which counts. */
export function countsOf(text: string, answers: readonly EvalAnswer[]) {
  return {
    logLikelihood: answers.reduce((sum, answer) => sum + answer.logLikelihood, 0),
    words: text.split(whiteSpace).length,
    bytes: new TextEncoder().encode(text).length,
  };
}

/**
 * Perplexities exp(−Σ ll / Σ words) and exp(−Σ ll / Σ bytes of UTF-8) over all texts together, and bits per byte
 * −Σ ll / (Σ bytes · ln 2).
 */
export const perplexities: Readonly<Record<string, Metric>> = {
  word_perplexity: ratio("logLikelihood", "words", (mean) => Math.exp(-mean)),
  byte_perplexity: ratio("logLikelihood", "bytes", (mean) => Math.exp(-mean)),
  bits_per_byte: ratio("logLikelihood", "bytes", (mean) => -mean / Math.LN2),
};
