// Opens a tokenizer from its data, in another thread.
import { huggingFaceTokenizer } from "../tokenizer/hugging-face.js";
import type { PortableTokenizer, Tokenizer } from "../tokenizer/tokenizer.js";
import { withinVocabulary } from "../tokenizer/within-vocabulary.js";
import { openRustTokenizer } from "./rust-tokenizer.js";

export async function openTokenizer(portable: PortableTokenizer): Promise<Tokenizer> {
  if (portable.kind === "hugging-face")
    return huggingFaceTokenizer(portable.files, openRustTokenizer, portable.special);
  return withinVocabulary(await openTokenizer(portable.of), portable.vocab, portable.model);
}
