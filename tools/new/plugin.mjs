// A new operator or backend: a package of its own with its contract and tests that pass; nothing outside it changes.
import { spellings } from "./names.mjs";
import { render, writeNew } from "./render.mjs";

/**
 * Writes the package into `folder`, which must not hold any of its files.
 * @param {"operator" | "backend"} kind
 * @param {string} packageName as in package.json, e.g. `@cambium/operator-mine`
 * @returns the paths written, within the folder
 */
export function newPlugin(folder, kind, name, packageName) {
  const files = render(kind, { ...spellings(name), package: packageName });
  writeNew(folder, files);
  return Object.keys(files);
}
