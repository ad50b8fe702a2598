// The arithmetic of growth: parameters and FLOPs, when to grow and by how much, speed-up, scaling laws. Runs anywhere.
export * from "./curve.js";
export * from "./factor.js";
export * from "./fit/index.js";
export * from "./flops.js";
export * from "./iso-flop.js";
export * from "./plan/index.js";
export { rankCorrelation } from "./rank-correlation.js";
export * from "./refit.js";
export * from "./seeds.js";
export * from "./speedup.js";
export * from "./student.js";
export * from "./timing.js";
