// Recipes: what one may say, what is wrong with one, and the stages it means. Runs anywhere.
export { checkRecipe, parseRecipe } from "./parse.js";
export { planArms } from "./plan/arms.js";
export { evaluation, flopsPerToken } from "./plan/budget.js";
export type { PlanContext, RecipeOperators } from "./plan/context.js";
export type { ArmPlan, StagePlan } from "./plan/stage.js";
export { parseQuantity } from "./quantity.js";
export { type GrowthStep, type Recipe, type RecipeInput, recipeJsonSchema, recipeSchema } from "./schema.js";
