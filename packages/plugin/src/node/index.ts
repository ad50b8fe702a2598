// Plugins in Node: finding them from the user's project, listing them from package metadata, creating them from
// templates.
export * from "./create.js";
export * from "./importer.js";
export * from "./list.js";
