// What the rest of the project knows of a tokenizer.
import type { SpecialTokens, TokenizerFiles } from "./tokenizer-files.js";

/** A tokenizer as data, for `openTokenizer`. */
export type PortableTokenizer =
  | { readonly kind: "hugging-face"; readonly files: TokenizerFiles; readonly special: SpecialTokens }
  | { readonly kind: "within"; readonly of: PortableTokenizer; readonly vocab: number; readonly model: string };

/** Text to token ids and back. Ids are integers in [0, vocabSize). */
export interface Tokenizer {
  /** As people know it: `bytes`, or where its file is. */
  readonly name: string;
  /** One more than the largest id. */
  readonly vocabSize: number;
  /** The token called the beginning of a text, whether or not the tokenizer puts it there; never in token files. */
  readonly bosId?: number;
  /** The tokens that the tokenizer puts before a text, for prompts; never in token files. */
  readonly prefix: readonly number[];
  /** The token after a text. Where there is one, it stands after each text in token files. */
  readonly eosId?: number;
  /** What another thread makes the same tokenizer from; absent where it cannot. */
  readonly portable?: PortableTokenizer;
  /** SHA-256 (hex) over all that decides the ids. */
  readonly fingerprint: string;
  /** The ids of `text` alone: no bos, no eos. */
  encode(text: string): Int32Array;
  /**
   * The text of `ids`, special tokens left out.
   * @throws CambiumError `E_TOKEN_ID` for an id outside the vocabulary.
   */
  decode(ids: ArrayLike<number>): string;
}
