// Which families and which backend a command means: what those need that run nothing, and should begin at once.
export * from "./backend-choice.js";
export * from "./families.js";
