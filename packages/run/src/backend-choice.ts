// The backend of a run: the one that is asked for, else its recipe's, else the default.
import { defaultBackend } from "@cambium/backend";
import type { PluginImporter } from "@cambium/plugin";
import type { Recipe } from "@cambium/recipe";

type Named = NonNullable<Recipe["backend"]>;

/** The name that stands for the fastest backend (`fastestBackend`). */
export const auto = "auto";

/** A backend, or options for the one that computes otherwise. */
export interface BackendRequest {
  readonly name?: string;
  readonly options: Named["options"];
}

/**
 * Options alone are added to those of `own`; another name brings its own.
 * @param own what the recipe or the run says
 * @throws CambiumError `E_BACKEND_CHOICE`
 */
export function chooseBackend(
  asked: BackendRequest | undefined,
  own: Recipe["backend"],
  importer: PluginImporter,
): Named {
  const { name, options = {} } = asked ?? {};
  if (name !== undefined) return { name, options };
  const { name: named, options: set } = own ?? { name: defaultBackend(importer), options: {} };
  return { name: named, options: { ...set, ...options } };
}
