// Translates the name that a person writes (`onnx`) to the packages it may mean, in order, and a package to its name.
import { CambiumError } from "@cambium/ir";
import { type PluginKind, pluginKinds, withArticle } from "./kind.js";

/** An npm package name: lower case, optionally scoped; no `..`, no subpath, no protocol. */
const packageName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

/**
 * The specifiers that `name` may mean: `onnx` → `@cambium/backend-onnx`, `cambium-backend-onnx`, `onnx`. A name that is
 * scoped or begins with the prefix stands for itself, and so does a path (`./mine.js`, `/abs/mine.js`, `C:\mine.js`,
 * `file:` URL).
 * @param near gives the nearest known name, for the hint.
 * @throws CambiumError `E_PLUGIN_NAME` for a name that is neither a path nor a package name.
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

/** Whether a plugin's name is a path (relative to the user's project, or absolute) and not a package name. */
export function isPluginPath(name: string): boolean {
  return /^(?:\.{1,2}[\\/]|[\\/]|[A-Za-z]:[\\/]|file:)/.test(name) && !name.includes("\0");
}

/** The name for a package: the short name if that leads to it, else the package's own. */
export function nameOfPackage(kind: PluginKind, packageName: string): string {
  const short = [`@cambium/${kind}-`, `cambium-${kind}-`].find((prefix) => packageName.startsWith(prefix));
  return short === undefined ? packageName : packageName.slice(short.length);
}

/** A plugin, as far as its package's name tells. */
export interface PluginName {
  readonly kind: PluginKind;
  /** The short name for one of Cambium's own, else the package's name. */
  readonly name: string;
  readonly package: string;
}

/** The plugin of a package named `cambium-operator-NAME` or the like, also under a scope; undefined for other names. */
export function pluginOfPackage(name: string): PluginName | undefined {
  const { ours, theirs, short } =
    /^(?:(?<ours>@cambium\/)|(?<theirs>(?:@[^/]+\/)?cambium-))(?<short>.+)$/.exec(name)?.groups ?? {};
  const kind = pluginKinds.find((one) => short?.startsWith(`${one}-`));
  if (kind === undefined || short === undefined || (ours ?? theirs) === undefined) return undefined;
  return { kind, name: ours === undefined ? name : short.slice(kind.length + 1), package: name };
}
