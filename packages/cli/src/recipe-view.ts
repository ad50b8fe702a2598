// A recipe as `cambium inspect` shows it: its stages, their models and budgets, and what each growth does.

import { dirname, resolve } from "node:path";
import { connectionRate, describePlan, layerMap } from "@cambium/growth";
import { compact, layerCount } from "@cambium/ir/figures";
import { countParameters, modelSizes } from "@cambium/model";
import type { Stage } from "@cambium/recipe";
import { type PlannedRecipe, planRecipe, recipeReading, stateBytesPerParameter } from "@cambium/run";
import type { Host } from "./host.js";

/** Whether a path names a recipe, by its extension. */
export function isRecipe(path: string): boolean {
  return /\.ya?ml$/.test(path);
}

/** The last stage of the first arm, whose model is the recipe's target. */
export function lastStage({ arms }: PlannedRecipe): Stage {
  const stage = arms[0]?.stages.at(-1)?.stage;
  if (!stage) throw new Error("a recipe plans an arm with a stage");
  return stage;
}

/** The planned recipe. @param vocab tokens, in place of those of its tokenizer @throws CambiumError its only mistake, or `E_RECIPE` with all of them, plugins' included */
export async function recipeArms(path: string, host: Host, vocab?: number): Promise<PlannedRecipe> {
  const projectDir = dirname(resolve(path));
  return planRecipe(await recipeReading(path), { projectDir, importer: host.importer(projectDir), vocab });
}

/** Throws what `recipeArms` throws. */
export async function describeRecipe(
  path: string,
  host: Host,
  vocab?: number,
): Promise<{ data: unknown; text: string }> {
  const { arms, recipe } = await recipeArms(path, host, vocab);
  const data = arms.map(({ name, stages }) => ({
    name,
    stages: stages.map(({ stage: { name: stage, model, start }, tokens, flops }) => {
      const map = start.kind === "growth" ? layerMap(start.plan) : null;
      return {
        name: stage,
        layers: modelSizes(model).layers,
        parameters: countParameters(model),
        stateBytes: stateBytesPerParameter * countParameters(model).total,
        tokens,
        flops,
        layerMap: map,
        connectionRate: map && connectionRate(map),
      };
    }),
  }));
  const text = arms.flatMap(({ name, stages }) => [
    `${name}: ${compact(stages.reduce((sum, { flops }) => sum + flops, 0))}FLOP`,
    ...stages.flatMap(({ stage: { name: stage, model, start, ...how }, tokens, flops, open }) => [
      ...(start.kind === "growth" ? indent(describePlan(start.plan), "    ") : []),
      `  ${stage}: ${layerCount(modelSizes(model).layers)} × ${modelSizes(model).hidden}, ${compact(countParameters(model).total)} parameters, ${compact(stateBytesPerParameter * countParameters(model).total)}B of training state, ${open ? "at most " : ""}${compact(tokens)} tokens, ${compact(flops)}FLOP${howText(how)}`,
    ]),
  ]);
  return { data: { name: recipe.name, arms: data }, text: [recipe.name, ...text].join("\n") };
}

/** What is special about a stage's training: sub-models, a teacher. */
function howText({ phase: { submodels }, distill }: Pick<Stage, "phase" | "distill">): string {
  const teacher = distill?.from.kind === "checkpoint" ? distill.from.path : "the model before";
  return [
    submodels &&
      `, the first ${compact(submodels.tokens)} tokens in sub-models of ${submodels.depths.join(", ")} layers`,
    distill && `, learning from ${teacher} with weight ${distill.weight}`,
  ]
    .filter(Boolean)
    .join("");
}

function indent(text: string, by: string): string[] {
  return text.split("\n").map((line) => by + line);
}
