// Encodes a text word by word, for tokenizers that allow it: words seen before are looked up. Whatever may have other
// ids that way is left to the original as a whole.
import { spelledOut } from "../patterns.js";
import { type OpenRustTokenizer, RustFailure } from "../rust.js";
import type { AddedToken, Json, Vocabulary } from "../tokenizer-json.js";
import { byteWords } from "./bytes.js";
import type { Words } from "./pieces.js";
import { spaceWords } from "./spaces.js";

/** Returns undefined for a tokenizer that cannot work word by word. */
export async function wordsOf(json: Json, { added }: Vocabulary, open: OpenRustTokenizer): Promise<Words | undefined> {
  if (added.some(({ content }) => content === "")) return undefined;
  // Truncation and padding play no part, and may be anything, as in `readableJson`.
  const plain = { ...json, truncation: null, padding: null };
  const words = (await ifReadable(spaceWords(plain, added, open))) ?? (await ifReadable(byteWords(plain, open)));
  if (!words || added.length === 0) return words;
  const special = anyOf(added);
  return (text) => (special.test(text) ? undefined : words(text));
}

/** Undefined if the library cannot read a part by itself: the tokenizer is then left to it as a whole. */
async function ifReadable(words: Promise<Words | undefined>): Promise<Words | undefined> {
  try {
    return await words;
  } catch (error) {
    if (error instanceof RustFailure) return undefined;
    throw error;
  }
}

function anyOf(added: readonly AddedToken[]): RegExp {
  return new RegExp(added.map(({ content }) => spelledOut(content)).join("|"), "u");
}
