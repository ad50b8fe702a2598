// Where built bindings live: one folder per package, version and platform, below the user's cache folder.
import { homedir } from "node:os";
import { join } from "node:path";
import { cacheFolder as userCache } from "@cambium/backend";
import type { EnginePackage } from "./packages.js";

export function cacheFolder(): string {
  return join(userCache(process, homedir(), "tfjs"));
}

/** E.g. `…/tfjs-node-4.22.0-linux-x64`. A binding only works with the version of the package that it was built from. */
export function bindingFolder(name: EnginePackage, version: string, cache = cacheFolder()): string {
  return join(cache, `${bindingPrefix(name)}${version}-${process.platform}-${process.arch}`);
}

/** What the names of an engine's folders begin with: `tfjs-node-`; the version comes next, so a digit. */
export function bindingPrefix(name: EnginePackage): string {
  return `${name.replace("@tensorflow/", "")}-`;
}
