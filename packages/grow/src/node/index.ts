// Growing a model directory into another, streaming from file to file.

export { dryRunGrowth, planGrowth } from "./dry-run.js";
export { type GrowOutcome, growDirectory } from "./execute.js";
export type { GrowReport } from "./report.js";
export type { DryRunRequest, GrowOptions, GrowProgress } from "./request.js";
export { sourceModel } from "./source-model.js";
export { type VirtualModel, virtualModel } from "./virtual-model.js";
