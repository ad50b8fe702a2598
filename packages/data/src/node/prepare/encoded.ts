// Texts as ids: the message from a tokenizing thread to the writing one.
import type { Tokenizer } from "../../tokenizer/tokenizer.js";

export interface Encoded {
  /** Of all texts, one after the other. */
  readonly ids: Int32Array;
  /** Ids of each text. */
  readonly lengths: readonly number[];
  /** Bytes of UTF-8 of each text. */
  readonly bytes: readonly number[];
}

export function encodeAll(tokenizer: Tokenizer, texts: readonly string[]): Encoded {
  const parts = texts.map((text) => tokenizer.encode(text));
  const ids = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const part of parts) {
    ids.set(part, filled);
    filled += part.length;
  }
  return { ids, lengths: parts.map(({ length }) => length), bytes: texts.map((text) => Buffer.byteLength(text)) };
}
