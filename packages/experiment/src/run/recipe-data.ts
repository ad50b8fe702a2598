// The data of a recipe, tokenized and split.
import { loadTokenizer, openSource, type PreparedData, prepareData, type Source, type SourceSpec } from "@cambium/data";
import { CambiumError } from "@cambium/ir";
import type { Recipe } from "../recipe/schema.js";
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
    source: await openCorpus(recipe.data, projectDir),
    tokenizer: await loadTokenizer(recipe.data.tokenizer, projectDir),
    heldOutFraction: recipe.data.heldOut,
    seed: recipe.seed,
    cacheDir,
    onProgress: (progress) => observer.onData?.(progress),
    ...(signal && { signal }),
  });
}

async function openCorpus(data: Recipe["data"], projectDir: string): Promise<Source> {
  try {
    return await openSource(sourceSpec(data), projectDir);
  } catch (error) {
    if (!(error instanceof CambiumError) || error.code !== "E_CORPUS_UNKNOWN") throw error;
    const hint = `a file or folder needs a slash: ./${data.corpus}`;
    throw new CambiumError(error.code, error.message, { ...error.details, hint });
  }
}

/** A plain word names an embedded corpus; anything with a slash or a dot is a path. */
function sourceSpec({ corpus, field }: Recipe["data"]): SourceSpec {
  if (corpus.endsWith(".jsonl")) return { kind: "jsonl", path: corpus, ...(field !== undefined && { field }) };
  return /[/\\.]/.test(corpus) ? { kind: "text", path: corpus } : { kind: "corpus", name: corpus };
}
