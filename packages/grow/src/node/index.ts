// Growing a model directory into another, streaming from file to file.
export { type GrowOutcome, growDirectory } from "./execute.js";
export * from "./mergekit/index.js";
export { Mistakes, reasonOf } from "./mistakes.js";
export { planGrowth, preflightGrowth } from "./preflight.js";
export type { GrowPreflight } from "./report.js";
export type { GrowOptions, GrowProgress, PreflightRequest } from "./request.js";
export { sourceModel } from "./source-model.js";
export { type VirtualModel, virtualModel } from "./virtual-model.js";
