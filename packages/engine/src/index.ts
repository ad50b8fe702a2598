// The contract of engines, which train stages.
export * from "./contract.js";
export * from "./define.js";
