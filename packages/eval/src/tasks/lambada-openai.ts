// LAMBADA as OpenAI prepared it: the last word of a passage (Paperno et al. 2016, arXiv 1606.06031).
import { z } from "zod";
import { mean, perplexityOf } from "../metrics.js";
import { defineTask } from "../task.js";

export const lambadaOpenai = defineTask({
  name: "lambada_openai",
  version: "1.0.0",
  summary: "the last word of a passage",
  dataset: { name: "EleutherAI/lambada_openai", config: "default", split: "test", rows: 5153 },
  options: z.strictObject({}),
  document: z.object({ text: z.string().min(1) }),
  requests: ({ text }) => {
    const gap = text.lastIndexOf(" ");
    // Without a space the whole text is the last word.
    const context = text.slice(0, Math.max(0, gap));
    return [{ kind: "continuation", context, continuation: ` ${text.slice(gap + 1)}` }];
  },
  sample: (_, [answer]) => ({ acc: Number(answer?.greedy), logLikelihood: answer?.logLikelihood ?? Number.NaN }),
  metrics: { perplexity: perplexityOf("logLikelihood"), acc: mean("acc") },
});
