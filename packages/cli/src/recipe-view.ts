// A recipe as a person plans with it: its stages, their models and budgets, and what each growth does.
import { dirname, resolve } from "node:path";
import { connectionRate, describePlan, layerMap } from "@cambium/growth";
import { countParameters, modelSizes } from "@cambium/model";
import { type ArmPlan, planArms, type Recipe } from "@cambium/recipe";
import { familiesOf, readCheckpoint, recipeTokenizer, resolveFamily, resolveOperators } from "@cambium/run";
import { compact } from "./format.js";
import type { Host } from "./host.js";

/** The recipe's arms. @throws CambiumError for operators, tokenizers and checkpoints that are not there. */
export async function planRecipe(recipe: Recipe, path: string, host: Host): Promise<readonly ArmPlan[]> {
  const projectDir = dirname(resolve(path));
  const importer = host.importer(projectDir);
  const operators = await resolveOperators(recipe, importer);
  const checkpoint =
    recipe.model.from === undefined
      ? undefined
      : await readCheckpoint(
          resolve(projectDir, recipe.model.from),
          await familiesOf(projectDir, importer, recipe.model.family === undefined ? [] : [recipe.model.family]),
        );
  const { vocabSize, bosId, eosId } = await recipeTokenizer(recipe, { projectDir, checkpoint });
  return planArms(recipe, {
    vocabSize,
    bosId,
    eosId,
    dataContent: "",
    device: "",
    operators,
    family: await resolveFamily(recipe.model.family, importer),
    ...(checkpoint && { checkpoint }),
  });
}

/** Throws as `planRecipe` does. */
export async function describeRecipe(
  recipe: Recipe,
  path: string,
  host: Host,
): Promise<{ data: unknown; text: string }> {
  const arms = await planRecipe(recipe, path, host);
  const data = arms.map(({ name, stages }) => ({
    name,
    stages: stages.map(({ stage: { name: stage, model, start }, tokens, flops }) => {
      const map = start.kind === "growth" ? layerMap(start.plan) : null;
      return {
        name: stage,
        layers: modelSizes(model).layers,
        parameters: countParameters(model),
        tokens,
        flops,
        layerMap: map,
        connectionRate: map && connectionRate(map),
      };
    }),
  }));
  const text = arms.flatMap(({ name, stages }) => [
    `${name}: ${compact(stages.reduce((sum, { flops }) => sum + flops, 0))}FLOP`,
    ...stages.flatMap(({ stage: { name: stage, model, start }, tokens, flops, open }) => [
      ...(start.kind === "growth" ? indent(describePlan(start.plan), "    ") : []),
      `  ${stage}: ${modelSizes(model).layers} layers × ${modelSizes(model).hidden}, ${compact(countParameters(model).total)} parameters, ${open ? "at most " : ""}${compact(tokens)} tokens, ${compact(flops)}FLOP`,
    ]),
  ]);
  return { data: { name: recipe.name, arms: data }, text: [recipe.name, ...text].join("\n") };
}

function indent(text: string, by: string): string[] {
  return text.split("\n").map((line) => by + line);
}
