// Model families that a recipe or a checkpoint names: those that come with Cambium, and packages of the user's project.
import { CambiumError } from "@cambium/ir";
import { builtInFamilies, type Family, familyPlugin, llama } from "@cambium/model";
import { type PluginImporter, resolvePlugin } from "@cambium/plugin";
import { listPlugins } from "@cambium/plugin/node";

/** Llama if nothing is named. @throws CambiumError as `resolvePlugin`, for a family that is missing or broken. */
export async function resolveFamily(name: string | undefined, importer: PluginImporter): Promise<Family> {
  if (name === undefined) return llama;
  const known = builtInFamilies.find((family) => family.name === name);
  const names = builtInFamilies.map((family) => family.name);
  return known ?? (await resolvePlugin(familyPlugin, name, importer, names)).plugin;
}

/**
 * The families that a checkpoint may have: first those in `named` (names, packages, paths), then the built-in ones,
 * then the packages that the project in `dir` depends on. A dependency that is not installed is skipped.
 * @throws CambiumError as `resolvePlugin`, for one of `named` that is missing, or for a package that is broken.
 */
export async function familiesOf(
  dir: string,
  importer: PluginImporter,
  named: readonly string[] = [],
): Promise<readonly Family[]> {
  const first = await Promise.all(named.map((name) => resolveFamily(name, importer)));
  const packages = listPlugins(dir).filter(({ kind }) => kind === "family");
  const found = await Promise.all(
    packages.map(async ({ package: name }) => {
      try {
        return [(await resolvePlugin(familyPlugin, name, importer)).plugin];
      } catch (error) {
        if (error instanceof CambiumError && error.code === "E_PLUGIN_MISSING") return [];
        throw error;
      }
    }),
  );
  return [...new Set([...first, ...builtInFamilies, ...found.flat()])];
}
