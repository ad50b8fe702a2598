// The backend of a run: the requested one, else its recipe's, else the default.
import { defaultBackend } from "@cambium/backend";
import type { PluginImporter } from "@cambium/plugin";
import type { Recipe } from "@cambium/recipe";

type Named = NonNullable<Recipe["backend"]>;

/** The name that stands for the fastest backend (`fastestBackend`). */
export const auto = "auto";

/** A backend, or only options for the backend that would be used anyway. */
export interface BackendRequest {
  readonly name?: string;
  readonly options: Named["options"];
}

/**
 * Options without a name are added to those of `own`; a name replaces both.
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
