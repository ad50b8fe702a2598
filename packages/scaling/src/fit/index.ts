// Fits of tables of runs, with bootstrap intervals, residuals and warnings.
export type { Interval } from "./bootstrap.js";
export * from "./bottoms.js";
export * from "./chinchilla.js";
export * from "./multipliers.js";
export * from "./power.js";
export { fitQuadratic, type Quadratic } from "./quadratic.js";
export type { FitRow, Residual } from "./table.js";
