// Resumable runs: the stages of a recipe, carried out in a directory that any kill leaves whole.
export { auto, type BackendRequest, chooseBackend } from "./backend-choice.js";
export { readCheckpoint, readParameters } from "./checkpoint-start.js";
export type { Difference, EarlierStage } from "./earlier-stage.js";
export { familiesOf, resolveFamily } from "./families.js";
export { stateBytesPerParameter } from "./machine.js";
export type { RunObserver } from "./observer.js";
export { type PlannedRecipe, planRecipe, type RecipeSurroundings, recipeReading } from "./open-recipe.js";
export { prepareRecipeData, type RecipeCorpus, recipeCorpus } from "./recipe-data.js";
export { measureSpeeds, type Speed, type Unmeasured } from "./recipe-speed.js";
export type { RunOutcome } from "./run-arms.js";
export { loadRecipe, type RunOptions, runRecipe } from "./run-recipe.js";
export { loadScaledRecipe } from "./scaled-recipe.js";
export { type CellOutcome, runSweep, type SweepOptions, type SweepOutcome } from "./sweep.js";
export { version } from "./version.js";
