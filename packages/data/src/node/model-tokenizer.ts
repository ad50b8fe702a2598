// The tokenizer that goes with a model.
import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CambiumError } from "@cambium/ir";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { loadTokenizer } from "./load-tokenizer.js";

/**
 * The tokenizer of the model in the directory `path`: the tokenizer.json beside the weights, or bytes for a vocabulary of 256.
 * @throws CambiumError `E_TOKENIZER` when nothing tells.
 */
export async function findTokenizer(path: string, vocabSize: number): Promise<Tokenizer> {
  const there = await access(join(path, "tokenizer.json")).then(
    () => true,
    () => false,
  );
  if (there) return loadTokenizer(resolve(path), ".");
  if (vocabSize === 256) return loadTokenizer("bytes", ".");
  throw new CambiumError("E_TOKENIZER", "the model has no tokenizer", {
    where: path,
    expected: "a tokenizer.json in the directory, or a vocabulary of 256 (bytes)",
    got: `a vocabulary of ${vocabSize}`,
    hint: "give token ids with --tokens",
  });
}
