// How Node finds and loads plugins: as an import statement in the user's project would.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve as resolvePath } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { resolve as resolveModule } from "import-meta-resolve";
import { isPluginPath } from "../name.js";
import type { PluginImporter } from "../resolve.js";
import { listPlugins } from "./list.js";

/**
 * Resolves from `projectDir`, then from each of `fallbackDirs` (say, the folder the CLI itself is installed in).
 * Relative paths are relative to `projectDir`; they lead to a module or to the folder of a package.
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

/** A module, or the folder of a package: that means its main entry, as an import of the package would. */
function existing(path: string, projectDir: string): string | null {
  const file = path.startsWith("file:") ? fileURLToPath(path) : resolvePath(projectDir, path);
  if (!existsSync(file)) return null;
  return statSync(file).isDirectory() ? entryOf(file) : pathToFileURL(file).href;
}

/** @throws Error for a folder that is not a package, or one that is not built */
function entryOf(folder: string): string {
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) throw new Error(`${folder} is a folder without a package.json`);
  const { name, main, exports } = JSON.parse(readFileSync(manifest, "utf8")) as Manifest;
  // A package may import itself by its name, where it says what it exports.
  const entry =
    exports === undefined || name === undefined
      ? pathToFileURL(resolvePath(folder, main ?? "index.js")).href
      : resolveModule(name, pathToFileURL(manifest).href);
  if (existsSync(fileURLToPath(entry))) return entry;
  throw new Error(`${fileURLToPath(entry)} is not there: npm run build, in ${folder}`);
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

/** Whether some `node_modules` on the way up from `dir` holds the package. A package that is there must also load. */
function installed(name: string, dir: string): boolean {
  return (
    existsSync(join(dir, "node_modules", name, "package.json")) ||
    (dirname(dir) !== dir && installed(name, dirname(dir)))
  );
}
