// The contract of a tokenizer.
import type { SpecialTokens, TokenizerFiles } from "./tokenizer-files.js";

/** A tokenizer as data, for `openTokenizer`. */
export type PortableTokenizer =
  | { readonly kind: "hugging-face"; readonly files: TokenizerFiles; readonly special: SpecialTokens }
  | { readonly kind: "within"; readonly of: PortableTokenizer; readonly vocab: number; readonly model: string };

/** Text to token ids and back. Ids are integers in [0, vocabSize). */
export interface Tokenizer {
  /** Its name for people: `bytes`, or where its file is. */
  readonly name: string;
  /** One more than the largest id. */
  readonly vocabSize: number;
  /** The beginning-of-text token, whether or not the tokenizer adds it; never in token files. */
  readonly bosId?: number;
  /** The tokens that the tokenizer adds before a text, for prompts; never in token files. */
  readonly prefix: readonly number[];
  /** The end-of-text token, if there is one. It follows each text in token files. */
  readonly eosId?: number;
  /** Data from which another thread can open the same tokenizer; absent if it cannot. */
  readonly portable?: PortableTokenizer;
  /** SHA-256 (hex) over everything that decides the ids. */
  readonly fingerprint: string;
  /**
   * The ids of `text`, without bos or eos.
   * @param start where the text begins in its document, for the places in messages
   */
  encode(text: string, start?: number): Int32Array;
  /**
   * The text of `ids`, special tokens left out.
   * @throws CambiumError `E_TOKEN_ID` for an id outside the vocabulary.
   */
  decode(ids: ArrayLike<number>): string;
}
