// Lists plugins from package metadata alone: the dependencies in the project's package.json, and the installed packages
// of Cambium. Loads nothing.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pluginKinds } from "../kind.js";
import { pluginOfPackage } from "../name.js";
import type { PluginListing } from "../resolve.js";

/** The plugins visible from `dirs`, each once, by name. A package that package.json lists may not be installed. */
export function listPlugins(...dirs: readonly string[]): readonly PluginListing[] {
  const folders = dirs.flatMap((dir) => ancestors(resolve(dir)));
  const packages = new Set([...dirs.flatMap((dir) => asked(resolve(dir))), ...folders.flatMap(installed)]);
  return [...packages]
    .sort()
    .map((name) => pluginOfPackage(name) ?? pluginByKeyword(name, folders))
    .filter((plugin) => plugin !== undefined);
}

/**
 * The plugin of a package whose name does not tell its kind: one with the keyword `cambium-operator` is an operator.
 */
function pluginByKeyword(name: string, folders: readonly string[]): PluginListing | undefined {
  const text = folders.map((folder) => read(join(folder, "node_modules", name, "package.json"))).find(Boolean);
  const keywords = text === undefined ? [] : keywordsOf(text);
  const kind = pluginKinds.find((one) => keywords.includes(`cambium-${one}`));
  return kind && { kind, name, package: name };
}

function keywordsOf(manifest: string): readonly unknown[] {
  try {
    const { keywords } = JSON.parse(manifest) as { readonly keywords?: unknown };
    return Array.isArray(keywords) ? keywords : [];
  } catch {
    return [];
  }
}

/** Names of the dependencies in the nearest package.json; none if it cannot be read. */
function asked(dir: string): string[] {
  for (const folder of ancestors(dir)) {
    const text = read(join(folder, "package.json"));
    if (text !== undefined) return dependencies(text);
  }
  return [];
}

function dependencies(text: string): string[] {
  try {
    const manifest = JSON.parse(text) as Readonly<Record<string, object>> | null;
    return Object.keys({ ...manifest?.["dependencies"], ...manifest?.["devDependencies"] });
  } catch {
    return [];
  }
}

/** Names of the packages of Cambium in a folder's `node_modules`. */
function installed(folder: string): string[] {
  try {
    return readdirSync(join(folder, "node_modules", "@cambium")).map((name) => `@cambium/${name}`);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function ancestors(dir: string): string[] {
  return dirname(dir) === dir ? [dir] : [dir, ...ancestors(dirname(dir))];
}
