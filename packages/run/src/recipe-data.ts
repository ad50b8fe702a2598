// The data of a recipe: what it reads and by which tokenizer, found before a run writes anything; then tokenized and
// split.
import { resolve } from "node:path";
import type { Tokenizer } from "@cambium/data";
import {
  corpusSpec,
  findTokenizer,
  isTokenFolder,
  loadTokenizer,
  type MixPart,
  openSource,
  openTokenFolder,
  type PreparedData,
  type Progress,
  prepareData,
  prepareMixture,
  type Source,
} from "@cambium/data/node";
import { sizesAlong } from "@cambium/model";
import type { CorpusPart, Recipe } from "@cambium/recipe";
import type { Checkpoint } from "./checkpoint-start.js";
import type { RunObserver } from "./observer.js";

/** Where a recipe's paths are looked up. */
export interface RecipePlace {
  /** Where relative paths and `@cambium/corpora` are looked up. */
  readonly projectDir: string;
  readonly checkpoint: Checkpoint | undefined;
}

/**
 * The tokenizer that the recipe names, else the checkpoint's own, else bytes.
 * @throws CambiumError as `findTokenizer`.
 */
export async function recipeTokenizer(
  { data }: Pick<Recipe, "data">,
  { projectDir, checkpoint }: RecipePlace,
): Promise<Tokenizer> {
  if (!checkpoint) return loadTokenizer(data.tokenizer ?? "bytes", projectDir);
  const { vocab } = sizesAlong(checkpoint.model, ["vocab"]);
  const named = data.tokenizer === undefined ? undefined : { spec: data.tokenizer, projectDir };
  return findTokenizer(checkpoint.path, vocab, named);
}

/** What a recipe trains on: sources with their shares, or a folder of prepared tokens. */
export type RecipeCorpus = { readonly parts: readonly MixPart[] } | { readonly tokens: string };

/** @throws CambiumError as `openSource`. */
export async function recipeCorpus({ data }: Pick<Recipe, "data">, projectDir: string): Promise<RecipeCorpus> {
  const { corpus, field, format, only } = data;
  if (typeof corpus === "string" && /[/\\.]/.test(corpus)) {
    const path = resolve(projectDir, corpus);
    if (await isTokenFolder(path)) return { tokens: path };
  }
  const parts = typeof corpus === "string" ? [{ from: corpus, field, format, only }] : corpus;
  const opened = parts.map(async (part: CorpusPart) => ({
    source: await partSource(part, projectDir),
    ...(part.weight !== undefined && { weight: part.weight }),
    ...(part.epochs !== undefined && { epochs: part.epochs }),
  }));
  return { parts: await Promise.all(opened) };
}

function partSource({ from, field, format, only = {} }: CorpusPart, projectDir: string): Promise<Source> {
  const values = Object.entries(only).map(([name, asked]) => [name, [asked].flat()]);
  const options = {
    ...(field !== undefined && { field }),
    ...(format && { format }),
    ...(values.length > 0 && { only: Object.fromEntries(values) }),
  };
  return openSource(corpusSpec(from, options), projectDir);
}

export interface RecipeDataOptions {
  readonly corpus: RecipeCorpus;
  readonly tokenizer: Tokenizer;
  readonly cacheDir: string;
  readonly observer: RunObserver;
  readonly signal: AbortSignal | undefined;
}

/** @throws CambiumError as `prepareMixture`. */
export async function prepareRecipeData(recipe: Recipe, options: RecipeDataOptions): Promise<PreparedData> {
  const { tokenizer, cacheDir, observer, signal } = options;
  if ("tokens" in options.corpus) return openTokenFolder(options.corpus.tokens, tokenizer, cacheDir);
  const { parts } = options.corpus;
  const { context } = recipe.model;
  const { corpus, shuffle = typeof corpus !== "string" } = recipe.data;
  for (const { source } of parts)
    if (source.passedOver.length > 0) observer.onPassedOver?.(source.name, source.passedOver);
  const [only] = parts as readonly [MixPart];
  const preparing = {
    ...{ tokenizer, cacheDir, seed: recipe.seed },
    heldOutFraction: recipe.data.heldOut,
    // One sequence to train on, and one batch to measure with.
    atLeast: { train: context + 1, heldOut: recipe.train.batch * context + 1 },
    onProgress: (progress: Progress) => observer.onData?.(progress),
    ...(signal && { signal }),
  };
  return shuffle ? prepareMixture({ ...preparing, parts }) : prepareData({ ...preparing, source: only.source });
}
