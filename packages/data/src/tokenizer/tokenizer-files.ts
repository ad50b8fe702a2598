// The files of a Hugging Face tokenizer.
import type { ModelHints } from "./classes/classes.js";
import type { TextFile } from "./tokenizer-json.js";

export interface TokenizerFiles {
  /** The tokenizer's name for people. */
  readonly name: string;
  /** tokenizer.json */
  readonly tokenizer: TextFile;
  /** tokenizer_config.json, which says which tokens begin and end a text. */
  readonly config?: TextFile;
  /** What the model's config.json says about its tokenizer, if there is one. */
  readonly model?: ModelHints;
}

/** Tokens that begin and end a text; they override tokenizer_config.json. */
export interface SpecialTokens {
  readonly bosToken?: string;
  readonly eosToken?: string;
}
