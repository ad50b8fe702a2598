// Plugins in Node: found from the user's project, listed from package metadata, made from templates.
export * from "./create.js";
export * from "./importer.js";
export * from "./list.js";
