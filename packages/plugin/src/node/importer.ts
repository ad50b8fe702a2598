// Finds and loads plugins in Node, as an import statement in the user's project would.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve as resolvePath } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { resolve as resolveModule } from "import-meta-resolve";
import { isPluginPath } from "../name.js";
import type { PluginImporter } from "../resolve.js";
import { listPlugins } from "./list.js";

/**
 * Resolves from `projectDir`, then from each of `fallbackDirs` (e.g. the folder that the CLI is installed in). Relative
 * paths are relative to `projectDir`, and name a module or the folder of a package.
 */
export function nodeImporter(projectDir: string, ...fallbackDirs: readonly string[]): PluginImporter {
  return {
    resolve: (specifier) => {
      if (isPluginPath(specifier)) return existing(specifier, projectDir);
      const name = packageOf(specifier);
      const base = [projectDir, ...fallbackDirs].find((dir) => installed(name, resolvePath(dir)));
      return base === undefined
        ? null
        : resolveModule(specifier, pathToFileURL(join(resolvePath(base), "package.json")).href);
    },
    import: (address) => import(/* @vite-ignore */ address),
    list: () => listPlugins(projectDir, ...fallbackDirs),
  };
}

/** The address of a module, or of the main entry of a package whose folder is given; null if nothing exists there. */
function existing(path: string, projectDir: string): string | null {
  const file = path.startsWith("file:") ? fileURLToPath(path) : resolvePath(projectDir, path);
  if (!existsSync(file)) return null;
  return statSync(file).isDirectory() ? entryOf(file) : pathToFileURL(file).href;
}

/** @throws Error for a folder that is not a package, or that is not built. */
function entryOf(folder: string): string {
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) throw new Error(`${folder} is a folder without a package.json`);
  const { name, main, exports } = JSON.parse(readFileSync(manifest, "utf8")) as Manifest;
  // A package with `exports` can be resolved from its own folder by its name.
  const entry =
    exports === undefined || name === undefined
      ? pathToFileURL(resolvePath(folder, main ?? "index.js")).href
      : resolveModule(name, pathToFileURL(manifest).href);
  if (existsSync(fileURLToPath(entry))) return entry;
  throw new Error(`${fileURLToPath(entry)} does not exist: run npm run build in ${folder}`);
}

interface Manifest {
  readonly name?: string;
  readonly main?: string;
  readonly exports?: unknown;
}

/** `@cambium/backend-tfjs/setup` → `@cambium/backend-tfjs`. */
function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** Whether a `node_modules` in `dir` or above has the package. If it does, failing to load it is an error. */
function installed(name: string, dir: string): boolean {
  return (
    existsSync(join(dir, "node_modules", name, "package.json")) ||
    (dirname(dir) !== dir && installed(name, dirname(dir)))
  );
}
