// The settings that all stages of a recipe share.
import { type OptimizerOptions, optimizerOptions, optimizerSchema } from "@cambium/train";
import { z } from "zod";
import { count } from "../schema/scalars.js";
import { train } from "../schema/train.js";
import type { Recipe } from "../schema.js";
import { evaluation } from "./budget.js";
import { type FieldsOf, withoutDefaults } from "./object-of.js";

/** Fields of `recipe.train` that stages have under the same name. */
const carried = { batch: true, accumulation: true, precision: true, memory: true } as const;

export interface StageSettings extends Readonly<Pick<Recipe["train"], keyof typeof carried>> {
  /** Tokens in a training sequence. */
  readonly context: number;
  /** Decides the order of the data. */
  readonly seed: number;
  readonly optimizer: OptimizerOptions;
  /** The held-out loss: how often, and on how much. Tokens. */
  readonly evaluation: { readonly every: number; readonly tokens: number };
}

/** Their JSON form. */
export const settingsFields: FieldsOf<StageSettings> = {
  ...withoutDefaults(train.pick(carried)),
  context: count,
  seed: z.number(),
  optimizer: z.strictObject(withoutDefaults(optimizerSchema)),
  evaluation: z.strictObject({ every: count, tokens: count }),
};

export function settingsOf(recipe: Recipe): StageSettings {
  const { undecayed: _, ...optimizer } = recipe.train.optimizer;
  const given = Object.entries(recipe.train).filter(([name, value]) => name in carried && value !== undefined);
  return {
    ...(Object.fromEntries(given) as Pick<Recipe["train"], keyof typeof carried>),
    context: recipe.model.context,
    seed: recipe.seed,
    optimizer: optimizerOptions(optimizer),
    evaluation: evaluation(recipe),
  };
}
