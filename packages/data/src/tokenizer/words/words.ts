// Encodes a text word by word, for tokenizers that allow it: words seen before are looked up. Whatever may have other
// ids that way is left to the original as a whole.
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
  const words =
    (await spaceWords(plain, added, open).catch(unlessUnread)) ?? (await byteWords(plain, open).catch(unlessUnread));
  if (!words || added.length === 0) return words;
  const special = anyOf(added);
  return (text) => (special.test(text) ? undefined : words(text));
}

/** A part that the library cannot read by itself is left to it as a whole, too. */
function unlessUnread(cause: unknown): undefined {
  if (!(cause instanceof RustFailure)) throw cause;
}

function anyOf(added: readonly AddedToken[]): RegExp {
  const spelled = added.map(({ content }) => content.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  return new RegExp(spelled.join("|"), "u");
}
