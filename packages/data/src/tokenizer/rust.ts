// The original of Hugging Face's tokenizers, compiled to WebAssembly: what a loader of it must offer.

/** One tokenizer.json, opened. */
export interface RustTokenizer {
  /** The ids of `text`, special tokens spelled out in it included, none put around it. @throws RustFailure */
  encode(text: string): Int32Array;
  /** @throws RustFailure */
  decode(ids: Int32Array): string;
}

/** Opens the text of a tokenizer.json. @throws RustFailure for one that it cannot read. */
export type OpenRustTokenizer = (json: string) => Promise<RustTokenizer>;

/** What the original panics with: its message, one line. */
export class RustFailure extends Error {
  override readonly name = "RustFailure";
}
