// Hugging Face's tokenizers library compiled to WebAssembly: the contract of its loader.

/** One tokenizer.json, opened. */
export interface RustTokenizer {
  /** The ids of `text`. Special tokens in the text become their ids; none are added around it. @throws RustFailure */
  encode(text: string): Int32Array;
  /** @throws RustFailure */
  decode(ids: Int32Array): string;
}

/** Opens the text of a tokenizer.json. @throws RustFailure for one that it cannot read. */
export type OpenRustTokenizer = (json: string) => Promise<RustTokenizer>;

/** A panic of the original: its message, one line. */
export class RustFailure extends Error {
  override readonly name = "RustFailure";
}
