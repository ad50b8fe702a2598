// Plugins: their kinds, which package a name means, and how it is found, loaded and checked.
export * from "./closest.js";
export * from "./fields.js";
export * from "./kind.js";
export * from "./name.js";
export * from "./resolve.js";
