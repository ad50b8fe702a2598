// What a Hugging Face tokenizer is made from.
import type { TextFile } from "./tokenizer-json.js";

export interface TokenizerFiles {
  /** As people know the tokenizer. */
  readonly name: string;
  /** tokenizer.json */
  readonly tokenizer: TextFile;
  /** tokenizer_config.json, which says which tokens begin and end a text. */
  readonly config?: TextFile;
}

/** Tokens that begin and end a text, where tokenizer_config.json does not say, or says otherwise. */
export interface SpecialTokens {
  readonly bosToken?: string;
  readonly eosToken?: string;
}
