// Perplexity of texts per word and per byte, and bits per byte, after lm-evaluation-harness's word and byte perplexity.
import { z } from "zod";
import { ratio } from "./metrics.js";
import { defineTask } from "./task.js";

/** White space as Python's regular expressions have it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: four of them are white space there
const whiteSpace = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/**
 * Scores each text whole. Words are the pieces between runs of white space, of which a run at an end of the text makes
 * an empty one that counts; bytes are those of UTF-8. Perplexities are exp(−Σ ll / Σ words) and exp(−Σ ll / Σ bytes)
 * over all texts together, bits per byte −Σ ll / (Σ bytes · ln 2).
 */
export const perplexity = defineTask({
  name: "perplexity",
  version: "1.0.0",
  summary: "perplexity of texts per word and per byte, bits per byte",
  options: z.strictObject({}),
  document: z.object({ text: z.string().min(1) }),
  requests: ({ text }) => [{ kind: "rolling", text }],
  sample: ({ text }, answers) => ({
    logLikelihood: answers.reduce((sum, answer) => sum + answer.logLikelihood, 0),
    words: text.split(whiteSpace).length,
    bytes: new TextEncoder().encode(text).length,
  }),
  metrics: {
    word_perplexity: ratio("logLikelihood", "words", (mean) => Math.exp(-mean)),
    byte_perplexity: ratio("logLikelihood", "bytes", (mean) => Math.exp(-mean)),
    bits_per_byte: ratio("logLikelihood", "bytes", (mean) => -mean / Math.LN2),
  },
});
