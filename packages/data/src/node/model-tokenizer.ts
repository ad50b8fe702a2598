// The tokenizer that goes with a model.
import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CambiumError } from "@cambium/ir";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { withinVocabulary } from "../tokenizer/within-vocabulary.js";
import { loadTokenizer } from "./load-tokenizer.js";
import { refuseOtherTokenizers } from "./other-tokenizers.js";

/** A byte of text is a token. */
const byteVocabulary = 256;

/** A tokenizer that the user names instead of the model's own. */
export interface NamedTokenizer {
  /** As `loadTokenizer` takes it. */
  readonly spec: string;
  readonly projectDir: string;
}

/**
 * The tokenizer of the model in the directory `path`: the one that is `named`, else the tokenizer.json beside the
 * weights, else bytes for a vocabulary of 256. Texts that need ids beyond `vocab` are refused (`withinVocabulary`).
 * @throws CambiumError `E_TOKENIZER` if there is none, or for bytes with another vocabulary; `E_TOKENIZER_VOCAB`; those
 * of `loadTokenizer`.
 */
export async function findTokenizer(path: string, vocab: number, named?: NamedTokenizer): Promise<Tokenizer> {
  if (named?.spec === "bytes" && vocab !== byteVocabulary) {
    throw new CambiumError("E_TOKENIZER", "the model was not trained on bytes", {
      where: path,
      expected: `a vocabulary of ${byteVocabulary}`,
      got: `a vocabulary of ${vocab}`,
      hint: "leave the tokenizer out, to use the model's own, or give the path of its tokenizer.json",
    });
  }
  const tokenizer = named ? loadTokenizer(named.spec, named.projectDir) : ownTokenizer(path, vocab);
  return withinVocabulary(await tokenizer, vocab, path);
}

/** The model's own tokenizer with all its ids, also those beyond `vocab`. @throws CambiumError as `findTokenizer`. */
export async function ownTokenizer(path: string, vocab: number): Promise<Tokenizer> {
  if (await exists(join(path, "tokenizer.json"))) return loadTokenizer(resolve(path), ".");
  await refuseOtherTokenizers(path);
  if (vocab === byteVocabulary) return loadTokenizer("bytes", ".");
  throw new CambiumError("E_TOKENIZER", "the model has no tokenizer", {
    where: path,
    expected: `a tokenizer.json in the directory, or a vocabulary of ${byteVocabulary} (bytes)`,
    got: `a vocabulary of ${vocab}`,
    hint: "put its tokenizer.json there, or give one: data.tokenizer in a recipe, --tokenizer to train, token ids to generate (--tokens)",
  });
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
