// What a recipe says, and which plugins it would load, as far as that is known without loading them.

import { dirname, resolve } from "node:path";
import { CambiumError } from "@cambium/ir";
import { compact, layerCount } from "@cambium/ir/figures";
import { builtInFamilies, countParameters, type ModelSpec, modelSizes } from "@cambium/model";
import { corpusName, type Recipe, recipeNames } from "@cambium/recipe";
import { planRecipe, recipeReading } from "@cambium/run";
import type { Shown } from "./checkpoint-view.js";
import { noPlugins } from "./host.js";

/** @throws CambiumError `E_RECIPE` */
export async function outlineRecipe(path: string): Promise<Shown> {
  const reading = await recipeReading(path);
  // If the text has mistakes, planRecipe throws them as usual.
  const recipe = reading.recipe ?? (await planRecipe(reading, around(path))).recipe;
  const base = await baseOf(recipe, path);
  const { name, data, model, growth, variants, train } = recipe;
  const plugins = pluginsOf(recipe);
  const parameters = base && countParameters(base);
  const sizes = base
    ? `${layerCount(modelSizes(base).layers)} × ${modelSizes(base).hidden}`
    : (model.from ?? model.family);
  const text = [
    name,
    `  corpus      ${corpusName(data)}`,
    `  base        ${sizes}${parameters ? `, ${compact(parameters.total)} parameters` : ""}`,
    ...growth.map((step) => `  growth      ${growthText(step)}`),
    ...variants.map(({ operator }) => `  variant     ${operator}`),
    `  training    ${compact(train.tokens)} tokens, ${train.batch * train.accumulation} × ${model.context} a step`,
    ...plugins.map((one) => `  not loaded  ${one.kind} ${one.name}`),
  ].join("\n");
  return { data: { recipe, parameters: parameters ?? null, plugins }, text };
}

function growthText({ operator, factor, layers, at }: Recipe["growth"][number]): string {
  const size = layers === undefined ? factor && `times ${factor}` : `to ${layerCount(layers)}`;
  const when = typeof at === "number" ? `at ${compact(at)} tokens` : `at ${JSON.stringify(at)}`;
  return [operator, size, when].filter((part) => part).join(", ");
}

function pluginsOf(recipe: Recipe): { readonly kind: string; readonly name: string }[] {
  const builtIn = builtInFamilies.map((family) => family.name);
  const named = recipeNames(recipe).filter(({ kind, name }) => kind !== "family" || !builtIn.includes(name));
  const distinct = new Map(named.map(({ kind, name }) => [`${kind} ${name}`, { kind, name }]));
  return [...distinct.values()];
}

/** The base model; undefined if its family is a plugin or its files are missing. */
async function baseOf(recipe: Recipe, path: string): Promise<ModelSpec | undefined> {
  const alone = { ...recipe, growth: [], variants: [] };
  try {
    const { arms } = await planRecipe(await recipeReading(alone), around(path));
    return arms[0]?.stages[0]?.stage.model;
  } catch (error) {
    if (error instanceof CambiumError) return undefined;
    throw error;
  }
}

function around(path: string) {
  const projectDir = dirname(resolve(path));
  return { projectDir, importer: noPlugins };
}
