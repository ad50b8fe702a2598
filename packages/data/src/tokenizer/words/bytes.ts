// Byte-level tokenizers (GPT-2, Llama 3, Qwen), word by word. They cut a text by regular expressions before any merge;
// the same expressions run here.
import type { OpenRustTokenizer } from "../rust.js";
import { isObject, type Json } from "../tokenizer-json.js";
import { newer } from "../unicode/properties.js";
import { plainVocabulary } from "./bpe.js";
import { SameCharacters } from "./characters.js";
import { apartAtMarks, Pieces, type Words } from "./pieces.js";
import { type Cut, splitsOf } from "./splits.js";

const isNewer = new RegExp(`[${newer}]`, "u");

/** Returns undefined for any other tokenizer. */
export async function byteWords(json: Json, open: OpenRustTokenizer): Promise<Words | undefined> {
  const splits = splitsOf(json["pre_tokenizer"]);
  const composes = isObject(json["normalizer"]) && json["normalizer"]["type"] === "NFC";
  if (!splits || (!composes && (json["normalizer"] ?? null) !== null) || !hasAllBytes(json)) return undefined;
  const alone = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };
  const apart = { type: "Sequence", pretokenizers: [apartAtMarks, alone] };
  const bare = { ...json, normalizer: null, pre_tokenizer: apart, post_processor: null, added_tokens: [] };
  const pieces = new Pieces(await open(JSON.stringify(bare)));
  const same = new SameCharacters(splits.classes, open);
  await same.open();
  return (text) => {
    const composed = composes ? text.normalize("NFC") : text;
    // The original combines no characters that its tables of Unicode do not have.
    if (composed !== text && isNewer.test(text)) return undefined;
    return same.have(composed) ? pieces.encode((put) => cutAll(composed, splits.cuts, put)) : undefined;
  };
}

/** Cuts by the first, each piece by the second, and so on. @returns false if a text is too long for one of them */
function cutAll(text: string, [first, ...rest]: readonly Cut[], put: (piece: string) => void): boolean {
  if (!first) {
    put(text);
    return true;
  }
  if (rest.length === 0) return first(text, put);
  let done = true;
  const cut = first(text, (piece) => {
    done = cutAll(piece, rest, put) && done;
  });
  return cut && done;
}

/** The letters that stand for the 256 bytes in GPT-2's vocabulary. */
const byteLetters = Array.from({ length: 256 }, (_, byte) => byte).map((byte, _, all) => {
  const plain = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b !== 173);
  return String.fromCodePoint(plain(byte) ? byte : 256 + all.slice(0, byte).filter((b) => !plain(b)).length);
});

/** Whether it is BPE whose vocabulary has every byte. */
function hasAllBytes(json: Json): boolean {
  const vocab = plainVocabulary(json);
  return vocab !== undefined && byteLetters.every((letter) => vocab[letter] !== undefined);
}
