// A recipe made small, by what the options of its operators count.
import { countedOptions, operatorPlugin } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import { type PluginImporter, resolvePlugin } from "@cambium/plugin";
import { type CountedByOperator, type Recipe, scaleRecipe } from "@cambium/recipe";
import { loadRecipe } from "./run-recipe.js";

/**
 * The recipe at `path`, made small (`scaleRecipe`).
 * @throws CambiumError `E_RECIPE`, `E_NOT_FOUND`, `E_OPTION`. An operator that is missing is left for the run to refuse.
 */
export async function loadScaledRecipe(path: string, scale: number, importer: PluginImporter): Promise<Recipe> {
  const recipe = await loadRecipe(path);
  const names = new Set([...recipe.growth, ...recipe.variants].map(({ operator }) => operator));
  const counted: Record<string, CountedByOperator[string]> = {};
  for (const name of names) {
    try {
      counted[name] = countedOptions((await resolvePlugin(operatorPlugin, name, importer)).plugin);
    } catch (error) {
      if (!(error instanceof CambiumError)) throw error;
    }
  }
  return scaleRecipe(recipe, scale, counted);
}
