// Recipes: the schema, the checks, and the stages planned from a recipe. Runs anywhere.

export { corpusName, type RecipeName, recipeNames, recipePart } from "./names.js";
export { checkRecipe, parseRecipe, type RecipeReading, readRecipe, refuseRecipe } from "./parse.js";
export { type Decided, planArms } from "./plan/arms.js";
export { type Cost, costOf } from "./plan/cost.js";
export { teacherPaths } from "./plan/distill.js";
export { localEngineName, stageEngine } from "./plan/engine.js";
export { identityOf, notCounted, stageId } from "./plan/identity.js";
export { nextProbe, type ProbeVerdict, probesBefore, probeVerdict } from "./plan/probe.js";
export { lastSlope, slopeReached } from "./plan/slope.js";
export type {
  ArmPlan,
  EngineOptions,
  PlannedStage,
  ProbeRule,
  SlopeRule,
  Stage,
  StageDistillation,
  StageEngine,
  StageStart,
  Until,
} from "./plan/stage.js";
export { parseStage, stageJson } from "./plan/stage-json.js";
export type { PlanSurroundings, RecipeOperators } from "./plan/surroundings.js";
export { scaleRecipe } from "./scale.js";
export type { CountedByOperator } from "./scale-options.js";
export type { CorpusPart } from "./schema/data.js";
export type { TaskUse } from "./schema/evaluate.js";
export { grownFrom } from "./schema/growth.js";
export type { EngineUse } from "./schema/train.js";
export {
  type GrowthStep,
  type Recipe,
  type RecipeInput,
  recipeJsonSchema,
  recipeSchema,
  recipeSeeds,
} from "./schema.js";
export type { Located } from "./schema-reasons.js";
export { parseAxes, parseAxis, type SweepAxis, type SweepCell, sweepCells, sweepSection } from "./sweep.js";
