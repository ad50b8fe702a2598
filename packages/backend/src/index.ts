// The backend contract, backend resolution, and the reference and null backends.
export * from "./contract.js";
export * from "./define.js";
