// The data of a recipe, tokenized and split.
import { corpusSpec, loadTokenizer, openSource, type PreparedData, prepareData } from "@cambium/data/node";
import type { Recipe } from "@cambium/recipe";
import type { RunObserver } from "./observer.js";

export interface RecipeDataOptions {
  /** Where relative paths and `@cambium/corpora` are looked up. */
  readonly projectDir: string;
  readonly cacheDir: string;
  readonly observer: RunObserver;
  readonly signal: AbortSignal | undefined;
}

/** @throws CambiumError what `openSource`, `loadTokenizer` and `prepareData` throw. */
export async function prepareRecipeData(recipe: Recipe, options: RecipeDataOptions): Promise<PreparedData> {
  const { projectDir, cacheDir, observer, signal } = options;
  return prepareData({
    source: await openSource(corpusSpec(recipe.data.corpus, recipe.data.field), projectDir),
    tokenizer: await loadTokenizer(recipe.data.tokenizer, projectDir),
    heldOutFraction: recipe.data.heldOut,
    seed: recipe.seed,
    cacheDir,
    onProgress: (progress) => observer.onData?.(progress),
    ...(signal && { signal }),
  });
}
