// Perplexity of texts per word and per byte, and bits per byte, after lm-evaluation-harness's word and byte perplexity.
import { z } from "zod";
import { defineTask } from "../task.js";
import { countsOf, perplexities } from "./rolling.js";

export const perplexity = defineTask({
  name: "perplexity",
  version: "1.0.0",
  summary: "perplexity of texts per word and per byte, bits per byte",
  options: z.strictObject({}),
  document: z.object({ text: z.string().min(1) }),
  requests: ({ text }) => [{ kind: "rolling", text }],
  sample: ({ text }, answers) => countsOf(text, answers),
  metrics: perplexities,
});
