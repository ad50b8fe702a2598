// Texts as ids: the messages between the writing thread and a tokenizing one.
import { encodeAs } from "../../tokenizer/encode-as.js";
import type { Tokenizer } from "../../tokenizer/tokenizer.js";
import type { Passage } from "../source/source.js";

/** A text, and the name of its document for errors. */
export type NamedText = Pick<Passage, "document" | "text" | "start">;

export interface Encoded {
  /** Of all texts, one after the other. */
  readonly ids: Int32Array;
  /** Ids of each text. */
  readonly lengths: readonly number[];
  /** Bytes of UTF-8 of each text. */
  readonly bytes: readonly number[];
}

/** @throws CambiumError as {@link encodeNamed}. */
export function encodeAll(tokenizer: Tokenizer, texts: readonly NamedText[]): Encoded {
  const parts = texts.map((text) => encodeNamed(tokenizer, text));
  const ids = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const part of parts) {
    ids.set(part, filled);
    filled += part.length;
  }
  const bytes = texts.map(({ text }) => Buffer.byteLength(text));
  return { ids, lengths: parts.map(({ length }) => length), bytes };
}

/** @throws CambiumError of the tokenizer, which names the document first. */
export function encodeNamed(tokenizer: Tokenizer, { document, text, start }: NamedText): Int32Array {
  return encodeAs(document, tokenizer, text, start);
}
