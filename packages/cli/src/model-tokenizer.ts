// The tokenizer that goes with a model.
import { join, resolve } from "node:path";
import type { Tokenizer } from "@cambium/data";
import { loadTokenizer } from "@cambium/data/node";
import { CambiumError } from "@cambium/ir";
import { exists, type ModelSource } from "./model-source.js";

/**
 * The tokenizer of a model: the tokenizer.json beside the weights, or bytes for a vocabulary of 256.
 * @throws CambiumError `E_TOKENIZER` when nothing tells.
 */
export async function findTokenizer({ path }: ModelSource, vocabSize: number): Promise<Tokenizer> {
  if (await exists(join(path, "tokenizer.json"))) return loadTokenizer(resolve(path), ".");
  if (vocabSize === 256) return loadTokenizer("bytes", ".");
  throw new CambiumError("E_TOKENIZER", "the model has no tokenizer", {
    where: path,
    expected: "a tokenizer.json in the directory, or a vocabulary of 256 (bytes)",
    got: `a vocabulary of ${vocabSize}`,
    hint: "give token ids with --tokens",
  });
}
