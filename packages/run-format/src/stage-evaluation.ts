// evaluation.json: the results of a stage's final model on evaluation tasks.
import { z } from "zod";
import { count, text } from "./scalars.js";

const taskFigure = z
  .object({
    value: z.number().nullable().describe("Null if it is not finite."),
    stderr: z.number().exactOptional().describe("Standard error over the documents."),
    better: z.enum(["higher", "lower"]),
  })
  .readonly();

const taskResult = z
  .object({
    version: text,
    identity: text.describe("Identifies everything that decides the figures but the weights: rows, tokenizer, device."),
    documents: count,
    metrics: z.record(text, taskFigure).readonly(),
  })
  .readonly();

export const stageEvaluation = z
  .object({ tasks: z.record(text, taskResult).readonly().describe("By the task's name, in the recipe's order.") })
  .readonly();

export type TaskFigure = z.output<typeof taskFigure>;
export type TaskResult = z.output<typeof taskResult>;
export type StageEvaluation = z.output<typeof stageEvaluation>;
