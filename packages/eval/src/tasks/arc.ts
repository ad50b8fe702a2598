// ARC: science questions of grade schools (Clark et al. 2018, arXiv 1803.05457).
import { z } from "zod";
import { multipleChoice } from "./multiple-choice.js";

const document = z
  .object({
    question: z.string(),
    choices: z.object({ text: z.array(z.string()).min(1), label: z.array(z.string()) }),
    answerKey: z.string(),
  })
  .refine(({ choices: { text, label } }) => text.length === label.length, "has not as many labels as choices")
  .refine(({ choices, answerKey }) => choices.label.includes(answerKey), "answerKey is none of the labels");

function arc(name: string, config: string, rows: number) {
  return multipleChoice({
    name,
    summary: `science questions of grade schools, ${config}`,
    dataset: { name: "allenai/ai2_arc", config, split: "test", rows },
    document,
    question: ({ question, choices, answerKey }) => ({
      context: `Question: ${question}\nAnswer:`,
      choices: choices.text,
      gold: choices.label.indexOf(answerKey),
    }),
  });
}

export const arcEasy = arc("arc_easy", "ARC-Easy", 2376);
export const arcChallenge = arc("arc_challenge", "ARC-Challenge", 1172);
