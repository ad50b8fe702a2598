// The data of a recipe: what it reads and by which tokenizer, found before a run writes anything; then tokenized and split.
import type { Tokenizer } from "@cambium/data";
import {
  corpusSpec,
  findTokenizer,
  loadTokenizer,
  openSource,
  type PreparedData,
  prepareData,
  type Source,
} from "@cambium/data/node";
import { sizesAlong } from "@cambium/model";
import type { Recipe } from "@cambium/recipe";
import type { Checkpoint } from "./checkpoint-start.js";
import type { RunObserver } from "./observer.js";

/** Where paths of a recipe lead. */
export interface RecipePlace {
  /** Where relative paths and `@cambium/corpora` are looked up. */
  readonly projectDir: string;
  readonly checkpoint: Checkpoint | undefined;
}

/** The tokenizer that the recipe names, else the checkpoint's own, else bytes. @throws CambiumError as `findTokenizer`. */
export async function recipeTokenizer(
  { data }: Pick<Recipe, "data">,
  { projectDir, checkpoint }: RecipePlace,
): Promise<Tokenizer> {
  if (!checkpoint) return loadTokenizer(data.tokenizer ?? "bytes", projectDir);
  const { vocab } = sizesAlong(checkpoint.model, ["vocab"]);
  const named = data.tokenizer === undefined ? undefined : { spec: data.tokenizer, projectDir };
  return findTokenizer(checkpoint.path, vocab, named);
}

/** @throws CambiumError as `openSource`. */
export function recipeSource({ data }: Pick<Recipe, "data">, projectDir: string): Promise<Source> {
  const { corpus, field, format, only = {} } = data;
  const values = Object.entries(only).map(([name, asked]) => [name, [asked].flat()]);
  const options = {
    ...(field !== undefined && { field }),
    ...(format && { format }),
    ...(values.length > 0 && { only: Object.fromEntries(values) }),
  };
  return openSource(corpusSpec(corpus, options), projectDir);
}

export interface RecipeDataOptions {
  readonly source: Source;
  readonly tokenizer: Tokenizer;
  readonly cacheDir: string;
  readonly observer: RunObserver;
  readonly signal: AbortSignal | undefined;
}

/** @throws CambiumError as `prepareData`. */
export async function prepareRecipeData(recipe: Recipe, options: RecipeDataOptions): Promise<PreparedData> {
  const { source, tokenizer, cacheDir, observer, signal } = options;
  const { context } = recipe.model;
  if (source.passedOver.length > 0) observer.onPassedOver?.(recipe.data.corpus, source.passedOver);
  return prepareData({
    ...{ source, tokenizer, cacheDir, seed: recipe.seed },
    heldOutFraction: recipe.data.heldOut,
    // One sequence to train on, and one batch to measure with.
    atLeast: { train: context + 1, heldOut: recipe.train.batch * context + 1 },
    onProgress: (progress) => observer.onData?.(progress),
    ...(signal && { signal }),
  });
}
