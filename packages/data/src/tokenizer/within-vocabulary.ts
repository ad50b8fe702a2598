// A tokenizer limited to the vocabulary of a model: ids beyond it are harmless as long as no text has them.
import { CambiumError } from "@cambium/ir";
import { sha256Text } from "../sha256.js";
import type { Tokenizer } from "./tokenizer.js";

/**
 * `tokenizer` for a model of `vocab` tokens: the same ids, but a text that needs an id beyond them is refused. If the
 * model's vocabulary is large enough, this is the tokenizer itself.
 * @param model the model's name in messages
 * @throws CambiumError `E_TOKENIZER_VOCAB`: at once for tokens added around every text, else from `encode`.
 */
export function withinVocabulary(tokenizer: Tokenizer, vocab: number, model: string): Tokenizer {
  if (tokenizer.vocabSize <= vocab) return tokenizer;
  const check = (ids: ArrayLike<number>, what: string): void => {
    const at = Array.prototype.findIndex.call(ids, (id: number) => id >= vocab);
    if (at < 0) return;
    const id = ids[at] as number;
    throw new CambiumError("E_TOKENIZER_VOCAB", `${what} has a token that is not in the model's vocabulary`, {
      where: model,
      expected: `ids below ${vocab}, the model's vocabulary`,
      got: `${id} (${JSON.stringify(tokenizer.decode([id]))}) from ${tokenizer.name}, which has ${tokenizer.vocabSize}`,
      hint: "use the tokenizer that the model was trained with",
    });
  };
  check(tokenizer.prefix, "the prefix of each text");
  if (tokenizer.eosId !== undefined) check([tokenizer.eosId], "the end of each text");
  const { bosId, portable: of, ...rest } = tokenizer;
  return {
    ...rest,
    ...(bosId !== undefined && bosId < vocab && { bosId }),
    ...(of && { portable: { kind: "within", of, vocab, model } }),
    vocabSize: vocab,
    fingerprint: sha256Text(JSON.stringify({ kind: "within", of: tokenizer.fingerprint, vocab })),
    encode(text, start) {
      const ids = tokenizer.encode(text, start);
      check(ids, "the text");
      return ids;
    },
  };
}
