// The vocabulary of a BPE that merges the letters of a word and does nothing else to it.
import { isObject, type Json } from "../tokenizer-json.js";

/** Undefined for another kind of model, for merges left out at random, and for marks at the ends of words. */
export function plainVocabulary({ model }: Json): Json | undefined {
  if (!isObject(model)) return undefined;
  const { type, vocab, dropout, continuing_subword_prefix: prefix, end_of_word_suffix: suffix } = model;
  return type === "BPE" && !dropout && !prefix && !suffix && isObject(vocab) ? vocab : undefined;
}
