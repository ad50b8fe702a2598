export * from "./run-format.js";
