// Recipes and resumable runs.
export { closest } from "./recipe/closest.js";
export { checkRecipe, parseRecipe } from "./recipe/parse.js";
export { parseQuantity } from "./recipe/quantity.js";
export { type GrowthStep, type Recipe, type RecipeInput, recipeJsonSchema, recipeSchema } from "./recipe/schema.js";
export { readCheckpoint, readParameters } from "./run/checkpoint-start.js";
export type { RunObserver } from "./run/observer.js";
export { loadRecipe, type RunOptions, type RunOutcome, resolveOperators, runRecipe } from "./run/run-recipe.js";
export { type ArmPlan, type PlanContext, planArms, type RecipeOperators, type StagePlan } from "./run/stage-plan.js";
export * from "./run-format.js";
export { version } from "./version.js";
