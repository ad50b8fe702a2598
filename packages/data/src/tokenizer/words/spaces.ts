// Tokenizers like Llama's, word by word. BPE there treats a whole text as one word, in which a space is the letter `▁`.
// But no token of such a vocabulary has a ▁ after another letter, so no merge crosses the place before a ▁. The pieces
// between these places can be encoded one by one, and pieces seen before are looked up. Other tokenizers, and texts
// with an added token, are left to the original as a whole.
import type { OpenRustTokenizer } from "../rust.js";
import { type AddedToken, isObject, type Json } from "../tokenizer-json.js";
import { plainVocabulary } from "./bpe.js";
import { apartAtMarks, Pieces, type Words } from "./pieces.js";

const space = "▁";

/** Returns undefined for any other tokenizer. */
export async function spaceWords(
  json: Json,
  added: readonly AddedToken[],
  open: OpenRustTokenizer,
): Promise<Words | undefined> {
  const begin = beginningOf(json);
  if (begin === undefined || !hasSeparateWords(json)) return undefined;
  if (added.some(({ content }) => /[ ▁]/.test(content))) return undefined;
  const bare = { ...json, normalizer: null, pre_tokenizer: apartAtMarks, post_processor: null, added_tokens: [] };
  const pieces = new Pieces(await open(JSON.stringify(bare)));
  return (text) => pieces.encode((put) => cut(begin(text.replaceAll(" ", space)), put));
}

function cut(text: string, put: (piece: string) => void): true {
  for (let start = 0; start < text.length; ) {
    let letters = start;
    while (text[letters] === space) letters++;
    const next = text.indexOf(space, letters);
    const end = next < 0 ? text.length : next;
    put(text.slice(start, end));
    start = end;
  }
  return true;
}

/** What the tokenizer adds before a text whose spaces are ▁ already; undefined if it does anything else. */
function beginningOf({ normalizer, pre_tokenizer: pre }: Json): ((text: string) => string) | undefined {
  const is = (part: unknown, fields: Json): boolean =>
    isObject(part) &&
    Object.entries(fields).every(([key, value]) => JSON.stringify(part[key]) === JSON.stringify(value));
  const replace = { type: "Replace", pattern: { String: " " }, content: space };
  const put = (text: string) => (text === "" ? "" : space + text);
  if (pre === null || pre === undefined) {
    if (is(normalizer, replace)) return (text) => text;
    if (!is(normalizer, { type: "Sequence" })) return undefined;
    const list = (normalizer as Json)["normalizers"];
    const legacy = Array.isArray(list) && list.length === 2;
    return legacy && is(list[0], { type: "Prepend", prepend: space }) && is(list[1], replace) ? put : undefined;
  }
  if (normalizer !== null && normalizer !== undefined) return undefined;
  if (!is(pre, { type: "Metaspace", replacement: space, split: false })) return undefined;
  if (is(pre, { prepend_scheme: "never" })) return (text) => text;
  const known = is(pre, { prepend_scheme: "first" }) || is(pre, { prepend_scheme: "always" });
  return known ? (text) => (text.startsWith(space) ? text : put(text)) : undefined;
}

/** Whether it is BPE with all bytes as tokens, and no token has a ▁ after another letter. */
function hasSeparateWords(json: Json): boolean {
  const vocab = plainVocabulary(json);
  const { byte_fallback: bytes, ignore_merges: whole } = isObject(json["model"]) ? json["model"] : {};
  if (vocab === undefined || bytes !== true || whole === true) return false;
  for (let byte = 0; byte < 256; byte++) {
    if (vocab[`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`] === undefined) return false;
  }
  return Object.keys(vocab).every((token) => !/[^▁]▁/.test(token));
}
