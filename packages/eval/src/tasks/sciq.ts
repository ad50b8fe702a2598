// SciQ: questions of science exams, with a passage that supports the answer (Welbl et al. 2017, arXiv 1707.06209).
import { stripStart } from "@cambium/inference";
import { z } from "zod";
import { multipleChoice } from "./multiple-choice.js";

export const sciq = multipleChoice({
  name: "sciq",
  summary: "questions of science exams, with a passage that supports the answer",
  dataset: { name: "allenai/sciq", config: "default", split: "test", rows: 1000 },
  document: z.object({
    question: z.string(),
    distractor1: z.string(),
    distractor2: z.string(),
    distractor3: z.string(),
    correct_answer: z.string(),
    support: z.string(),
  }),
  question: ({ question, distractor1, distractor2, distractor3, correct_answer, support }) => ({
    context: `${stripStart(support)}\nQuestion: ${question}\nAnswer:`,
    choices: [distractor1, distractor2, distractor3, correct_answer],
    gold: 3,
  }),
});
