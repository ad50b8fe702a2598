// Plans of growth for a target and a budget.
export * from "./devices.js";
export * from "./growth-plan.js";
export { type ShapeSizes, shape, shapeNear } from "./shape.js";
export * from "./step-law.js";
