// `evaluate` in a recipe: how the held-out loss is measured, and the tasks of the final models.
import { quantity } from "@cambium/train";
import { z } from "zod";
import { count, option } from "./scalars.js";

/** A task with its own options beside its name. */
export interface TaskUse {
  readonly name: string;
  readonly [option: string]: unknown;
}

const name = z.string().min(1);

const task: z.ZodType<TaskUse, string | TaskUse> = z
  .union([name, z.object({ name }).catchall(option)])
  .transform((given) => (typeof given === "string" ? { name: given } : given));

export const evaluate = z
  .strictObject({
    every: quantity
      .optional()
      .describe("Tokens between measurements of the held-out loss. Default: a fortieth of train.tokens."),
    tokens: quantity
      .optional()
      .describe(
        "Held-out tokens that a measurement reads; fewer if the split is smaller. " +
          "Default: a sixteenth of train.tokens, at most 65536.",
      ),
    tasks: z
      .array(task)
      .refine((tasks) => new Set(tasks.map(({ name }) => name)).size === tasks.length, "expected each task once")
      .default([])
      .describe(
        "Tasks that the final model of each stage is evaluated on, as `cambium eval` does: arc_easy, " +
          "lambada_openai …, else cambium-eval-NAME, a full package name or a path. With options: " +
          "{ name: cambium-eval-facts, shots: 5 }.",
      ),
    data: z
      .string()
      .min(1)
      .optional()
      .describe("The folder that holds the tasks' rows, as `cambium eval --data` takes it."),
    depth: count
      .optional()
      .describe(
        "Held-out tokens for a layer-by-layer analysis of each arm's final model: what it would predict after " +
          "each layer, and its loss without each layer. Default: none.",
      ),
    limit: count.optional().describe("Use only this many rows of each task, the first ones. Default: all."),
  })
  .prefault({});
