// From the name a person writes (`onnx`) to the packages it may mean, in order, and back from a package to a name.
import { CambiumError } from "@cambium/ir";
import { type PluginKind, pluginKinds, withArticle } from "./kind.js";

/** A package name of npm's: lower case, perhaps scoped, at most 214 characters; no `..`, no subpath, no protocol. */
const packageName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

/**
 * The specifiers that `name` may mean: `onnx` → `@cambium/backend-onnx`, `cambium-backend-onnx`, `onnx`. A name that is
 * scoped or begins with the prefix is itself; so is a path (`./mine.js`, `/abs/mine.js`, `C:\mine.js`, `file:` URL).
 * @param near the nearest of the names that there are
 * @throws CambiumError `E_PLUGIN_NAME` for what is neither a path nor a package name.
 */
export function pluginCandidates(
  kind: PluginKind,
  name: string,
  near = (): string | undefined => undefined,
): readonly string[] {
  if (isPluginPath(name)) return [name];
  if (!packageName.test(name) || name.length > 214) {
    const meant = near();
    throw new CambiumError("E_PLUGIN_NAME", `"${name.slice(0, 80)}" does not name ${withArticle(kind)}`, {
      expected: `a short name (onnx), a package's full name (@acme/my-${kind}), or a path (./my-${kind}.js)`,
      ...(meant !== undefined && { hint: `did you mean "${meant}"?` }),
    });
  }
  const prefix = `cambium-${kind}-`;
  return name.startsWith("@") || name.startsWith(prefix)
    ? [name]
    : [`@cambium/${kind}-${name}`, `${prefix}${name}`, name];
}

/** Whether a plugin's name is a path (relative to the user's project, or absolute) and not a package. */
export function isPluginPath(name: string): boolean {
  return /^(?:\.{1,2}[\\/]|[\\/]|[A-Za-z]:[\\/]|file:)/.test(name) && !name.includes("\0");
}

/** What the package calls for: the short name where that leads to it, else its own. */
export function nameOfPackage(kind: PluginKind, packageName: string): string {
  const short = [`@cambium/${kind}-`, `cambium-${kind}-`].find((prefix) => packageName.startsWith(prefix));
  return short === undefined ? packageName : packageName.slice(short.length);
}

/** A plugin as its package's name tells of it. */
export interface PluginName {
  readonly kind: PluginKind;
  /** What to call it: short for one of Cambium's, else the package. */
  readonly name: string;
  readonly package: string;
}

/** What `cambium-operator-NAME` and the like are, also under a scope; undefined for a package named otherwise. */
export function pluginOfPackage(name: string): PluginName | undefined {
  const { ours, theirs, short } =
    /^(?:(?<ours>@cambium\/)|(?<theirs>(?:@[^/]+\/)?cambium-))(?<short>.+)$/.exec(name)?.groups ?? {};
  const kind = pluginKinds.find((one) => short?.startsWith(`${one}-`));
  if (kind === undefined || short === undefined || (ours ?? theirs) === undefined) return undefined;
  return { kind, name: ours === undefined ? name : short.slice(kind.length + 1), package: name };
}
