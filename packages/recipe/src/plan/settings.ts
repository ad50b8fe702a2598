// The settings that all stages of a recipe share. The schema is both the type and the JSON form; a field that the
// recipe has under `train` by the same name only has to be listed here.
import { type OptimizerOptions, optimizerOptions, precisions } from "@cambium/train";
import { z } from "zod";
import type { Recipe } from "../schema.js";
import { evaluation } from "./budget.js";
import { objectOf } from "./object-of.js";

const count = z.number().int().positive();

/** As `recipe.train` has them. */
const trained = z.strictObject({
  batch: count.describe("Sequences in a micro-batch."),
  accumulation: count.describe("Micro-batches in an optimizer step."),
  precision: z.enum(precisions),
  memory: count
    .exactOptional()
    .describe(
      "Bound on the bytes of the training process; activations are recomputed until it fits. Absent: no bound.",
    ),
});

export const settingsSchema = trained.extend({
  context: count.describe("Tokens in a training sequence."),
  seed: z.number().describe("Decides the order of the data."),
  optimizer: objectOf<OptimizerOptions>()({
    beta1: z.number(),
    beta2: z.number(),
    eps: z.number(),
    weightDecay: z.number(),
    clip: z.number().nullable(),
  }),
  evaluation: z
    .strictObject({ every: count, tokens: count })
    .readonly()
    .describe("The held-out loss: how often, and on how much. Tokens."),
});

export type StageSettings = Readonly<z.output<typeof settingsSchema>>;

export function settingsOf(recipe: Recipe): StageSettings {
  const { undecayed: _, ...optimizer } = recipe.train.optimizer;
  return {
    ...z.object(trained.shape).parse(present(recipe.train)),
    context: recipe.model.context,
    seed: recipe.seed,
    optimizer: optimizerOptions(optimizer),
    evaluation: evaluation(recipe),
  };
}

/** `fields` without those that are undefined. */
function present(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
