// `backend: auto`: the installed backend that trains the recipe's largest model fastest here. A run keeps the backend
// it began with, because another one gives other bits.
import { CambiumError, type Reason } from "@cambium/ir";
import type { Recipe, RecipeReading } from "@cambium/recipe";
import type { BackendRequest } from "./backend-choice.js";
import { planRecipe, type RecipeSurroundings } from "./open-recipe.js";
import { measureSpeeds, type Speed, type Unmeasured } from "./recipe-speed.js";

export interface AutoChoice {
  readonly backend: BackendRequest & { readonly name: string };
  /** The measurements behind the choice; empty if a run continues with the backend it has. */
  readonly measured: readonly (Speed | Unmeasured)[];
}

export interface AutoOptions extends RecipeSurroundings {
  /** Instead of the recipe's. */
  readonly precision: Recipe["train"]["precision"] | undefined;
  /** The original recipe of the run that is continued; undefined for a new run. */
  readonly begun: Recipe | undefined;
  /** Called before each measurement. */
  readonly onStart: (backend: string) => void;
}

/** @throws CambiumError for mistakes in the recipe; `E_BACKEND_CHOICE` if no backend trains it here. */
export async function fastestBackend(reading: RecipeReading, options: AutoOptions): Promise<AutoChoice> {
  const { importer, begun, onStart } = options;
  if (begun?.backend) return { backend: begun.backend, measured: [] };
  const { recipe, arms } = await planRecipe(reading, options);
  const stage = arms[0]?.stages.at(-1)?.stage;
  if (!stage) throw new Error("a recipe plans an arm with a stage");
  const precision = options.precision ?? recipe.train.precision;
  const names = (importer.list?.() ?? []).filter(({ kind }) => kind === "backend").map(({ name }) => name);
  const measured = await measureSpeeds(stage, { names, importer, precisions: [precision], onStart });
  const speeds = measured.filter((one): one is Speed => "tokensPerSecond" in one);
  const [best] = speeds.sort((a, b) => b.tokensPerSecond - a.tokensPerSecond);
  if (best) return { backend: { name: best.backend, options: {} }, measured };
  const reasons = measured.map((one): Reason => {
    const message = "reason" in one ? one.reason : "it was not measured";
    return { where: one.backend, message };
  });
  throw new CambiumError("E_BACKEND_CHOICE", `no installed backend trains this recipe here in ${precision}`, {
    ...(reasons.length > 0 && { reasons }),
    hint: "npm install @cambium/backend-onnx, or another precision: cambium doctor lists those of each device",
  });
}
