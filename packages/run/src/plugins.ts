// Resolves families and backends, for commands that run nothing and should start fast.
export * from "./backend-choice.js";
export * from "./families.js";
