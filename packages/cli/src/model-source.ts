// The model that a path on the command line means: a Hugging Face directory, or a run (its first arm's last model).
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { openModelDirectory, withFileErrors } from "@cambium/checkpoint";
import { type Tokenizer, loadTokenizer } from "@cambium/data";
import { type RunManifest, loadRecipe } from "@cambium/experiment";
import { CambiumError } from "@cambium/ir";

export interface ModelSource {
  /** Its Hugging Face directory. */
  readonly path: string;
  /** The tokenizer it was trained with, as `loadTokenizer` takes it; undefined when only the model can tell. */
  readonly tokenizer: string | undefined;
}

/** @throws CambiumError `E_NOT_FOUND`; `E_RUN_UNFINISHED` for a run whose first arm has no model yet. */
export async function findModel(path: string): Promise<ModelSource> {
  const run = await readJson<RunManifest>(join(path, "run.json"));
  if (!run) return { path, tokenizer: undefined };
  const stages = run.arms[0]?.stages ?? [];
  for (const id of stages.toReversed()) {
    const model = join(path, "stages", id, "model");
    if (await exists(model)) return { path: model, tokenizer: (await loadRecipe(join(path, "recipe.yaml"))).data.tokenizer };
  }
  throw new CambiumError("E_RUN_UNFINISHED", "no stage of this run has ended yet", {
    where: path,
    hint: `cambium run continues it; stages: ${stages.map((id) => basename(id)).join(", ")}`,
  });
}

/**
 * The tokenizer of a model: the run's, a tokenizer.json beside the weights, or bytes for a vocabulary of 256.
 * @throws CambiumError `E_TOKENIZER` when nothing tells.
 */
export async function findTokenizer(source: ModelSource, vocabSize: number): Promise<Tokenizer> {
  if (source.tokenizer !== undefined) return loadTokenizer(source.tokenizer, resolve("."));
  if (await exists(join(source.path, "tokenizer.json"))) return loadTokenizer(source.path, dirname(source.path));
  if (vocabSize === 256) return loadTokenizer("bytes", ".");
  throw new CambiumError("E_TOKENIZER", "the model has no tokenizer", {
    where: source.path,
    expected: "a tokenizer.json in the directory, or a vocabulary of 256 (bytes)",
    got: `a vocabulary of ${vocabSize}`,
    hint: "give token ids with --tokens",
  });
}

/** Opens the directory of `source`. */
export function openModel(source: ModelSource): ReturnType<typeof openModelDirectory> {
  return openModelDirectory(source.path);
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function readJson<T>(path: string): Promise<T | undefined> {
  if (!(await exists(path))) return undefined;
  const text = await withFileErrors(path, () => readFile(path, "utf8"));
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new CambiumError("E_RUN_FORMAT", "run.json is not JSON", { where: path, cause });
  }
}
