// LogiQA: reading with reasoning, from civil service examinations (Liu et al. 2020, arXiv 2007.08124).
import { strip } from "@cambium/inference";
import { z } from "zod";
import { multipleChoice } from "./multiple-choice.js";

const labels = ["a", "b", "c", "d"];

export const logiqa = multipleChoice({
  name: "logiqa",
  summary: "reading with reasoning, from civil service examinations",
  dataset: { name: "EleutherAI/logiqa", config: "logiqa", split: "test", rows: 651 },
  document: z.object({
    label: z.string().refine((label) => labels.includes(strip(label)), "is none of a, b, c, d"),
    context: z.string(),
    question: z.string(),
    options: z.array(z.string()).length(labels.length),
  }),
  question: ({ label, context, question, options }) => {
    const choices = options.map((option, i) => `${labels[i]?.toUpperCase()}. ${option}\n`).join("");
    return {
      context: `Passage: ${context}\nQuestion: ${question}\nChoices:\n${choices}Answer:`,
      choices: options,
      gold: labels.indexOf(strip(label)),
    };
  },
});
