// Where built bindings live: one folder per package, version and platform, below the user's cache folder.
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { EnginePackage } from "./packages.js";

/** `$XDG_CACHE_HOME/cambium/tfjs`; a relative value is ignored, as the XDG base directory specification says. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const given = env["XDG_CACHE_HOME"];
  const base = given !== undefined && isAbsolute(given) ? given : join(homedir(), ".cache");
  return join(base, "cambium", "tfjs");
}

/** E.g. `…/tfjs-node-4.22.0-linux-x64`. A binding only works with the version of the package that it was built from. */
export function bindingFolder(name: EnginePackage, version: string, cache = cacheFolder()): string {
  return join(cache, `${bindingPrefix(name)}${version}-${process.platform}-${process.arch}`);
}

/** What the names of an engine's folders begin with: `tfjs-node-`; the version comes next, so a digit. */
export function bindingPrefix(name: EnginePackage): string {
  return `${name.replace("@tensorflow/", "")}-`;
}
