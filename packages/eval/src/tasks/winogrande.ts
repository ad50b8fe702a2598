// WinoGrande: which of two names fits a gap (Sakaguchi et al. 2019, arXiv 1907.10641). The two contexts differ, and what
// follows the gap is scored.
import { strip } from "@cambium/inference";
import { z } from "zod";
import { mean } from "../metrics.js";
import { defineTask } from "../task.js";
import { firstLargest } from "./multiple-choice.js";

export const winogrande = defineTask({
  name: "winogrande",
  version: "1.0.0",
  summary: "which of two names fits a gap in a sentence",
  dataset: { name: "allenai/winogrande", config: "winogrande_xl", split: "validation", rows: 1267 },
  options: z.strictObject({}),
  document: z.object({
    sentence: z.string().refine((sentence) => sentence.includes("_"), "has no gap (_)"),
    option1: z.string(),
    option2: z.string(),
    answer: z.enum(["1", "2"]),
  }),
  requests: ({ sentence, option1, option2 }) => {
    const gap = sentence.indexOf("_");
    const continuation = ` ${strip(sentence.slice(gap + 1))}`;
    return [option1, option2].map((option) => ({
      ...{ kind: "continuation" as const, context: sentence.slice(0, gap) + option, continuation },
    }));
  },
  sample: ({ answer }, answers) => {
    const likeliest = firstLargest(answers.map(({ logLikelihood }) => logLikelihood));
    return { acc: Number(likeliest === Number(answer) - 1) };
  },
  metrics: { acc: mean("acc") },
});
