// Plugin resolution: by name, from the user's project, without scanning. A missing plugin, a broken one and a module
// that is not a plugin are three different errors.
import { CambiumError, type Reason } from "@cambium/ir";
import { closest } from "./closest.js";
import type { Unchecked } from "./fields.js";
import { nounOf, type PluginKind } from "./kind.js";
import { isPluginPath, nameOfPackage, type PluginName, pluginCandidates } from "./name.js";

/** How modules are found and loaded. Injected, so that this file runs anywhere; `@cambium/plugin/node` has Node's. */
export interface PluginImporter {
  /** The address of a specifier seen from the user's project; null if it is not installed. Throws if it is broken. */
  resolve(specifier: string): string | null;
  /** The module at an address, as from `import()`. */
  import(address: string): Promise<unknown>;
  /** The plugins that the project depends on or has installed; absent if they cannot be listed. */
  list?(): readonly PluginListing[];
}

/** A plugin visible from a project; it may be listed in package.json without being installed. */
export type PluginListing = PluginName;

/** The contract of a kind of plugin. */
export interface PluginContract<T extends { readonly contract: number }> {
  readonly kind: PluginKind;
  /** The entry of the package that exports it, if not the main one: `setup` for `NAME/setup`. */
  readonly entry?: string;
  /** The contract's major version. A plugin has the version that it was made for in `contract`. */
  readonly version: number;
  /** The function that makes a plugin, for messages: `defineBackend`. */
  readonly define: string;
  /** Everything that is wrong with a value; empty if it is a `T`. */
  problems(value: Unchecked<T>): readonly Reason[];
}

export interface ResolvedPlugin<T> {
  readonly plugin: T;
  /** The package name or path that it came from. */
  readonly specifier: string;
  /** The address that it resolved to. */
  readonly address: string;
}

/** A message lists the known names if there are at most this many. */
const mostNamed = 8;

/**
 * Finds and loads the plugin called `name` (see `pluginCandidates`): its module's default export.
 * @param builtIn names that need no plugin, for suggestions.
 * @throws CambiumError `E_PLUGIN_NAME`; `E_PLUGIN_MISSING` with the command that installs it; `E_PLUGIN_BROKEN` with
 * its own error as cause, if it is installed but does not load; `E_PLUGIN_CONTRACT` if it was made for another major
 * version of the contract; `E_PLUGIN_ENTRY` if the package lacks the contract's entry; `E_PLUGIN_INVALID` if it is not
 * such a plugin.
 */
export async function resolvePlugin<T extends { readonly contract: number }>(
  contract: PluginContract<T>,
  name: string,
  importer: PluginImporter,
  builtIn: readonly string[] = [],
): Promise<ResolvedPlugin<T>> {
  const { kind, entry } = contract;
  if (entry !== undefined && isPluginPath(name)) throw withoutEntry(kind, name, entry);
  const known = () => [...builtIn, ...installedNames(kind, importer)];
  const candidates = pluginCandidates(kind, name, () => closest(name, known()));
  for (const specifier of candidates) {
    const found = await load(kind, specifier, entry, importer);
    if (found) return { plugin: checked(contract, specifier, found.module), specifier, address: found.address };
  }
  throw missing(kind, name, candidates, known);
}

/** The names of the installed plugins of a kind that are visible from the project. */
export function installedNames(kind: PluginKind, importer: PluginImporter): readonly string[] {
  const those = importer.list?.().filter((one) => one.kind === kind && isThere(one.package, importer)) ?? [];
  return those.map((one) => nameOfPackage(kind, one.package));
}

function isThere(specifier: string, importer: PluginImporter): boolean {
  try {
    return importer.resolve(specifier) !== null;
  } catch {
    // A broken package is installed.
    return true;
  }
}

function missing(kind: PluginKind, name: string, candidates: readonly string[], known: () => readonly string[]) {
  const expected = `one of ${candidates.join(", ")}`;
  if (isPluginPath(name)) {
    const hint = "check the path; a relative path starts at the project's folder";
    return new CambiumError("E_PLUGIN_MISSING", `there is no ${nounOf(kind)} at ${name}`, { expected, hint });
  }
  const names = known();
  const near = closest(name, names);
  const here = names.length > 0 && names.length <= mostNamed ? `; available here: ${names.join(", ")}` : "";
  const install = `npm install ${candidates[0]}${here}`;
  return new CambiumError("E_PLUGIN_MISSING", `${nounOf(kind)} "${name}" is not installed`, {
    expected,
    hint: near === undefined ? install : `did you mean "${near}"? If not: ${install}`,
  });
}

async function load(kind: PluginKind, specifier: string, entry: string | undefined, importer: PluginImporter) {
  try {
    const address = importer.resolve(entry === undefined ? specifier : `${specifier}/${entry}`);
    return address === null ? null : { address, module: await importer.import(address) };
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    if (entry !== undefined && code === "ERR_PACKAGE_PATH_NOT_EXPORTED") throw withoutEntry(kind, specifier, entry);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CambiumError(
      "E_PLUGIN_BROKEN",
      `${nounOf(kind)} ${specifier} is installed but does not load: ${reason}`,
      { cause },
    );
  }
}

/** Entries are optional: a plugin without `setup`, say, needs no set-up. */
function withoutEntry(kind: PluginKind, specifier: string, entry: string): CambiumError {
  return new CambiumError("E_PLUGIN_ENTRY", `${nounOf(kind)} ${specifier} has no ${entry}: it needs none`);
}

function checked<T extends { readonly contract: number }>(
  { kind, version, define, problems }: PluginContract<T>,
  specifier: string,
  module: unknown,
): T {
  const value = (module as { default?: unknown } | null)?.default;
  const stamp = typeof value === "object" && value !== null ? (value as { contract?: unknown }).contract : undefined;
  if (typeof stamp !== "number") {
    throw new CambiumError("E_PLUGIN_INVALID", `${specifier} is not a Cambium ${nounOf(kind)}`, {
      expected: `a default export made by ${define}`,
      got: value === undefined ? "no default export" : `a default export without a contract version (${typeof value})`,
    });
  }
  if (stamp !== version) {
    const own = (value as { version?: unknown }).version;
    const named = typeof own === "string" ? `${specifier} ${own}` : specifier;
    throw new CambiumError("E_PLUGIN_CONTRACT", `${nounOf(kind)} ${named} was made for another version of Cambium`, {
      expected: `${kind} contract ${version}`,
      got: `${kind} contract ${stamp}`,
      hint: stamp < version ? `npm install ${specifier}@latest` : "npm install @cambium/cli@latest",
    });
  }
  const reasons = problems(value as Unchecked<T>);
  if (reasons.length > 0)
    throw new CambiumError("E_PLUGIN_INVALID", `${specifier} is not a complete ${nounOf(kind)}`, { reasons });
  return value as T;
}
