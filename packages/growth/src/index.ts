// The growth-operator contract: operators, plans and their expressions, evaluation, layer maps and connection rate.
export { Random } from "@cambium/ir";
export type { Mask, MaskSchedule } from "@cambium/model";
export { describePlan, formatCount, formatLayers, formatOperator, formatRate, formatRows } from "./describe.js";
export { type ApplyOptions, applyPlan, type TensorsByName } from "./evaluate/apply.js";
export { compileTyped } from "./evaluate/compile.js";
export { type GrownMoments, growMoments, type MomentSource, typedMoment } from "./evaluate/moments.js";
export { type CompiledTensor, type CompileOptions, compilePlan } from "./evaluate/plan.js";
export { compilePlanStarts } from "./evaluate/starts.js";
export { growState } from "./evaluate/state.js";
export { storage } from "./evaluate/storage.js";
export { type ReadRows, withRows } from "./evaluate/value.js";
export * from "./expr/build.js";
export type * from "./expr/expr.js";
export type { Typed } from "./expr/typed.js";
export { givenOf, mapParts, sourcesOf, substitute, walk } from "./expr/walk.js";
export { exprTensor, type GraphScope } from "./graph/expr.js";
export {
  givenName,
  type Leaves,
  type PlanGraph,
  type PlanGraphOptions,
  planGraph,
  stateGraph,
} from "./graph/plan-graph.js";
export { connectionRate, type Fraction, layerMap, layerOrigins } from "./layer-map.js";
export { type Counted, type CountedOption, countedOptions, counting } from "./operator/counted.js";
export { defineOperator, type OperatorDefinition, parseOptions, stamped } from "./operator/define.js";
export * from "./operator/depth.js";
export { scaledEps } from "./operator/eps.js";
export { type GatedMlp, gatedMlps } from "./operator/gated-mlp.js";
export { headObjections } from "./operator/heads.js";
export {
  groupedLayers,
  interleavedLayers,
  interpolatedLayers,
  pairedLayers,
  repeatedLayers,
  stackedLayers,
  toppedLayers,
  wholeRepeats,
} from "./operator/layer-lists.js";
export { maskPhases, openingMasks, phaseObjections } from "./operator/mask-phases.js";
export type { Operator } from "./operator/operator.js";
export { type Block, drawn, placement, zeroBlock } from "./operator/padded.js";
export { parseLayerList } from "./operator/parse-layer-list.js";
export { operatorPlugin } from "./operator/plugin.js";
export { type PresetDefinition, presetOperator } from "./operator/preset.js";
export { scaleLayers } from "./operator/scaled.js";
export { sizesError } from "./operator/sizes.js";
export { streamWriters } from "./operator/stream-writers.js";
export { type WidthGrowth, type WidthOperatorDefinition, type WidthSizes, widthOperator } from "./operator/width.js";
export { type WidthAxis, widthAxes } from "./operator/width-axes.js";
export { type CheckedTensor, checkPlan } from "./plan/check.js";
export { composePlans } from "./plan/compose.js";
export { parsePlan, phaseSchema, planJson } from "./plan/json.js";
export { isSelection, momentRule } from "./plan/moment-rule.js";
export { checkNeeds, type PlanNeed, planNeeds } from "./plan/needs.js";
export {
  momentExprs,
  newTensors,
  type OptimizerPolicy,
  optimizerPolicies,
  updatesAfter,
} from "./plan/optimizer-policy.js";
export * from "./plan/plan.js";
export { counterparts, namesAlong, namesOf, tensorsOf, zeroMoments } from "./plan/tensors.js";
export * from "./width/index.js";
