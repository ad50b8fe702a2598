// PIQA: which of two ways reaches a goal in the physical world (Bisk et al. 2020, arXiv 1911.11641).
import { z } from "zod";
import { multipleChoice } from "./multiple-choice.js";

export const piqa = multipleChoice({
  name: "piqa",
  summary: "which of two ways reaches a goal in the physical world",
  dataset: { name: "baber/piqa", config: "default", split: "validation", rows: 1838 },
  document: z.object({
    goal: z.string(),
    sol1: z.string(),
    sol2: z.string(),
    label: z.literal([0, 1, "0", "1"]),
  }),
  question: ({ goal, sol1, sol2, label }) => ({
    context: `Question: ${goal}\nAnswer:`,
    choices: [sol1, sol2],
    gold: Number(label),
  }),
});
