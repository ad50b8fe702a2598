// A tokenizer.json for the build of the tokenizers library in WebAssembly that gives the ids of Python's library of
// today, whose Unicode is newer: 16 or 17 beside 14 to 16.
import { CambiumError } from "@cambium/ir";
import { spelledOut } from "../patterns.js";
import { type AddedToken, isObject, type Json } from "../tokenizer-json.js";
import { expressionOfToday } from "./expressions.js";
import { members, newer, newInWords } from "./properties.js";
import { joined, rustCapitals, rustNumbers } from "./table.js";

export interface Today {
  readonly json: Json;
  /**
   * The text to encode in place of `text`, with the same ids.
   * @param start the place of its first character
   * @throws CambiumError `E_TOKENIZER` for characters that Python's library would take otherwise, with their places.
   */
  text(text: string, where: string, start: number): string;
}

/** An expression that may find something else, and the characters for which it may. */
interface Unsure {
  readonly of: string;
  readonly because: string;
}

/** GPT-2's expression, which the part ByteLevel holds. */
export const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** What the part Whitespace takes for a letter of a word. */
const inWords = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\u200c\u200d";

/** What the part Digits takes for a digit. */
export const digits = `[\\p{N}${members(rustNumbers)}]`;

export function ofToday(json: Json, added: readonly AddedToken[]): Today {
  const unsure: Unsure[] = [];
  const { normalizer, pre_tokenizer: pre, decoder } = json;
  const parts = {
    ...(normalizer == null ? {} : { normalizer: partOfToday(normalizer, unsure) }),
    ...(pre == null ? {} : { pre_tokenizer: partOfToday(pre, unsure) }),
    ...(decoder == null ? {} : { decoder: withExpressions(decoder, []) }),
  };
  if (flat(normalizer).some(({ type }) => type === "Precompiled"))
    unsure.push({ of: members(joined), because: "the normalizer Precompiled" });
  const lower = lowercasing(normalizer, added);
  const alone = singleWords(added, normalizer != null);
  return {
    json: { ...json, ...parts },
    text(text, where, start) {
      const check = (wrong: string, because: string) => checkText({ text, where, start }, wrong, because);
      for (const { of, because } of unsure) check(of, because);
      if (alone?.test(text)) check(newer, "a token that is a single word");
      if (lower === undefined || !capitals.test(text)) return text;
      if (lower === "unsure") check(newCapitals, "lower case after an expression");
      return text.replace(new RegExp(capitals, "gu"), small);
    },
  };
}

/** `part` with its expressions spelled for WebAssembly, and parts that hold an expression of their own as splits. */
function partOfToday(part: unknown, unsure: Unsure[]): unknown {
  if (!isObject(part)) return part;
  const { type } = part;
  const lists = ["normalizers", "pretokenizers"].filter((name) => Array.isArray(part[name]));
  const [list] = lists;
  if (type === "Sequence" && list !== undefined)
    return { ...part, [list]: (part[list] as unknown[]).map((member) => partOfToday(member, unsure)) };
  if (type === "ByteLevel" && part["use_regex"] !== false && "add_prefix_space" in part) {
    const space = { type: "Metaspace", replacement: " ", prepend_scheme: "always", split: false };
    const bytes = { ...part, add_prefix_space: false, use_regex: false };
    const parts = [...(part["add_prefix_space"] === true ? [space] : []), splitBy(gpt2, "Isolated"), bytes];
    return { type: "Sequence", pretokenizers: parts };
  }
  if (type === "Digits") return splitBy(digits, part["individual_digits"] === true ? "Isolated" : "Contiguous");
  if (type === "Whitespace") return splitBy(`[${inWords}]+|[^${inWords}\\s]+`, "Removed", true);
  return withExpressions(part, unsure);
}

function splitBy(expression: string, behavior: string, invert = false): Json {
  return { type: "Split", pattern: { Regex: expressionOfToday(expression).text }, behavior, invert };
}

/** `part` with every `{ "Regex": … }` in it so spelled; those that stay unsure are put in `unsure`. */
function withExpressions(part: unknown, unsure: Unsure[]): unknown {
  if (Array.isArray(part)) return part.map((member) => withExpressions(member, unsure));
  if (!isObject(part)) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => {
      if (key !== "Regex" || typeof value !== "string") return [key, withExpressions(value, unsure)];
      const { text, doubt } = expressionOfToday(value);
      if (doubt) unsure.push({ of: doubt, because: `the expression ${value}` });
      return [key, text];
    }),
  );
}

const newCapitals = rustCapitals.map(([ranges]) => members(ranges)).join("");
const capitals = new RegExp(`[${newCapitals}]`, "u");

function small(capital: string): string {
  const distances = rustCapitals.map(([ranges, distance]) => ({
    of: new RegExp(`[${members(ranges)}]`, "u"),
    distance,
  }));
  const { distance = 0 } = distances.find(({ of }) => of.test(capital)) ?? {};
  return String.fromCodePoint((capital.codePointAt(0) as number) + distance);
}

/** Parts before lower case that do nothing to the new capitals. */
const beforeLower = ["NFC", "NFD", "NFKC", "NFKD", "StripAccents", "Strip", "Nmt", "Prepend", "BertNormalizer"];

/** Whether the tokenizer puts a text in lower case, and this can be done to the new capitals beforehand. */
function lowercasing(normalizer: unknown, added: readonly AddedToken[]): "sure" | "unsure" | undefined {
  const list = flat(normalizer);
  const at = list.findIndex((part) => part["type"] === "Lowercase" || part["lowercase"] === true);
  if (at < 0) return undefined;
  const isFree = list.slice(0, at).every(({ type, pattern }) => {
    const isText = type === "Replace" && isObject(pattern) && typeof pattern["String"] === "string";
    return beforeLower.includes(String(type)) || (isText && !capitals.test(pattern["String"] as string));
  });
  return isFree && !added.some(({ content }) => capitals.test(content)) ? "sure" : "unsure";
}

function flat(part: unknown): readonly Json[] {
  if (!isObject(part)) return [];
  return Array.isArray(part["normalizers"]) ? part["normalizers"].flatMap(flat) : [part];
}

/** Finds texts in which a new character may decide whether an added token is a single word. */
function singleWords(added: readonly AddedToken[], isNormalized: boolean): RegExp | undefined {
  const tokens = added.filter(({ isSingleWord }) => isSingleWord).map(({ content }) => spelledOut(content));
  if (tokens.length === 0) return undefined;
  if (isNormalized) return new RegExp(`[${newer}]`, "u");
  const any = `(?:${tokens.join("|")})`;
  return new RegExp(`[${newInWords}]${any}|${any}[${newInWords}]`, "u");
}

interface Placed {
  readonly text: string;
  readonly where: string;
  readonly start: number;
}

/** @param wrong members of a class of characters */
function checkText({ text, where, start }: Placed, wrong: string, because: string): void {
  const places = new Map<string, number>();
  for (const { 0: letter, index } of text.matchAll(new RegExp(`[${wrong}]`, "gu"))) {
    if (!places.has(letter)) places.set(letter, start + index);
    if (places.size === 10) break;
  }
  if (places.size === 0) return;
  const got = [...places].map(([letter, at]) => {
    const point = (letter.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0");
    return `${letter} (U+${point}) at ${at}`;
  });
  throw new CambiumError("E_TOKENIZER", "the text has characters newer than this tokenizer can tell apart here", {
    where,
    expected: `characters of Unicode 14, because of ${because}`,
    got: got.join(", "),
    hint: "leave these documents out, or make the tokens in Python, as litgpt or nanoGPT does: cambium data export reads them",
  });
}
