// Word by word or as a whole, a text has the same ids.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openRustTokenizer } from "../src/node/rust-tokenizer.js";
import { type Json, readVocabulary } from "../src/tokenizer/tokenizer-json.js";
import { ofToday } from "../src/tokenizer/unicode/today.js";
import { wordsOf } from "../src/tokenizer/words/words.js";

const golden = fileURLToPath(new URL("./golden/", import.meta.url));
const kinds = readdirSync(`${golden}kinds`).map((file) => file.replace(/\.json$/, ""));

function jsonOf(kind: string): Json {
  if (kind === "llama-2") return JSON.parse(readFileSync(`${golden}llama-2/tokenizer.json`, "utf8"));
  return JSON.parse(readFileSync(`${golden}kinds/${kind}.json`, "utf8")).tokenizer;
}

/** Without tokens that reach across spaces: as SentencePiece trains them, and unlike the golden ones. */
function separate(json: Json): Json {
  const model = json["model"] as { vocab: Record<string, number>; merges: (string | [string, string])[] };
  const across = (token: string) => /[^▁]▁/.test(token);
  const vocab = Object.fromEntries(Object.entries(model.vocab).filter(([token]) => !across(token)));
  const parts = (merge: string | [string, string]) => (typeof merge === "string" ? merge.split(" ") : merge);
  const merges = model.merges.filter((merge) => !across(parts(merge).join("")));
  return { ...json, model: { ...model, vocab, merges } };
}

const llamas = ["llama-always", "llama-first", "llama-legacy", "llama-never", "llama-2"];
/** The library for whole texts. */
const library = (json: Json) => openRustTokenizer(JSON.stringify(ofToday(json, []).json));
const open = async (json: Json) => wordsOf(json, readVocabulary(json, "test"), openRustTokenizer);

const byteLevel = [
  "added-single-word",
  "added-stripped",
  "deepseek",
  "gpt-2",
  "ignore-merges",
  "nfc",
  "template-llama-3",
  "template-two",
];

test("only Llama's kinds and byte-level ones with patterns that are known are taken word by word", async () => {
  for (const kind of kinds) {
    const expected = byteLevel.includes(kind) ? expect.any(Function) : undefined;
    expect([kind, await open(jsonOf(kind))]).toEqual([kind, expected]);
  }
  for (const kind of llamas) expect([kind, await open(separate(jsonOf(kind)))]).toEqual([kind, expect.any(Function)]);
});

const piece = fc.oneof(
  fc.constantFrom(
    " ",
    "  ",
    "▁",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "the",
    "whale",
    "é",
    "e\u0301",
    "鯨",
    "🐋",
    "👩‍👩‍👧",
    "<",
    "<s>",
    "</s>",
    "it's",
    "'LL",
    "'\u017f",
    "123456",
    "٣٤",
    "DŽungla",
    "\u00a0",
    "\u0085",
    "\ufeff",
    "Ɐ",
    "𑽐",
    "𞓐",
    "/",
    ".\n",
  ),
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.string({ maxLength: 4 }),
);
const text = fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(""));

test.each(llamas)("%s", async (kind) => {
  const json = separate(jsonOf(kind));
  const [words, whole] = [await open(json), await library(json)];
  fc.assert(
    fc.property(text, (one) => {
      const wellFormed = one.replace(/\p{Surrogate}/gu, "\uFFFD");
      const ids = words?.(wellFormed);
      expect(ids === undefined).toBe(/<\/?s>|\0/.test(wellFormed));
      if (ids) expect([...ids]).toEqual([...whole.encode(wellFormed)]);
    }),
    { numRuns: 400 },
  );
});

test("new words stay apart where a merge spells the token of the byte that stands between them", async () => {
  const json = separate(jsonOf("llama-2"));
  const model = json["model"] as { vocab: Record<string, number>; merges: (string | [string, string])[] };
  const vocab = { ...model.vocab };
  const pairs = [..."0x00>"].map((letter, i): [string, string] => ["<0x00>".slice(0, i + 1), letter]);
  for (const [i, token] of pairs.flatMap(([a, b]) => [a, b, a + b]).entries()) vocab[token] ??= 10_000 + i;
  const isText = typeof model.merges[0] === "string";
  const merges = [...model.merges, ...pairs.map((pair) => (isText ? pair.join(" ") : pair))];
  const spelling = { ...json, model: { ...model, vocab, merges } };
  const [words, whole] = [await open(spelling), await library(spelling)];
  const one = "the whale <0x00> and the whale";
  expect([...(words?.(one) ?? [])]).toEqual([...whole.encode(one)]);
  expect([...whole.encode(one)]).toContain(vocab["<0x00>"]);
});

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const ends = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;
const upper = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const lower = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
const begin = String.raw`[^\r\n\p{L}\p{N}]?`;

const split = (Regex: string, behavior = "Isolated") => ({
  type: "Split",
  pattern: { Regex },
  behavior,
  invert: behavior === "Removed",
});
const llama3 = String.raw`${contractions}|${begin}\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|${ends}`;

/** What published tokenizers cut by, before their bytes. */
const cuts = {
  "gpt-2": [],
  "llama-3": [split(llama3)],
  "gpt-4 of Xenova": [split(llama3, "Removed")],
  qwen: [split(llama3.replace("{1,3}", ""))],
  "gpt-4o": [
    split(
      `${begin}${upper}*${lower}+${contractions}?|${begin}${upper}+${lower}*${contractions}?` +
        String.raw`|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|${ends}`,
    ),
  ],
  starcoder: [{ type: "Digits", individual_digits: true }],
  "digits together": [{ type: "Digits", individual_digits: false }],
  "deepseek-v3": [
    split(String.raw`\p{N}{1,3}`),
    split("[一-龥぀-ゟ゠-ヿ]+"),
    split(
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+" +
        String.raw`|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|${ends}`,
    ),
  ],
};

function cutBy(kind: keyof typeof cuts): Json {
  const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: kind === "gpt-2" };
  const sequence = { type: "Sequence", pretokenizers: [...cuts[kind], bytes] };
  return { ...jsonOf("gpt-2"), pre_tokenizer: sequence, normalizer: kind === "qwen" ? { type: "NFC" } : null };
}

test.each(Object.keys(cuts) as (keyof typeof cuts)[])("%s", async (kind) => {
  const json = cutBy(kind);
  const [words, whole] = [await open(json), await library(json)];
  fc.assert(
    fc.property(text, (one) => {
      const wellFormed = one.replace(/\p{Surrogate}/gu, "\uFFFD");
      const ids = words?.(wellFormed);
      if (ids) expect([...ids]).toEqual([...whole.encode(wellFormed)]);
      else expect(wellFormed).toMatch(/\0|[^\0-\u02ff]/u);
    }),
    { numRuns: 300 },
  );
  expect(words?.("It's Ελληνικά, 東京 и ёлка 🐋\n")).toBeDefined();
});

test.each([
  String.raw`\w+|\s+`,
  String.raw`\d+`,
  ".+",
  "^a",
  "a$",
  "(?i:a)",
  "(?<=a)b",
  "a++",
  "a{1,3}+",
  "a{,3}",
  "[a[b]]",
  "[a&&b]",
  "[[:alpha:]]",
  String.raw`\bA`,
  String.raw`[\S]`,
  "a*?",
  String.raw`\p{Han}+`,
  "(a)+",
])("an expression such as %s is the original's", async (pattern) => {
  const json = cutBy("llama-3");
  const { pretokenizers } = json["pre_tokenizer"] as { pretokenizers: unknown[] };
  const other = { type: "Sequence", pretokenizers: [split(pattern), ...pretokenizers.slice(1)] };
  expect(await open({ ...json, pre_tokenizer: other })).toBeUndefined();
});

test("truncation and padding play no part, whatever they are", async () => {
  for (const kind of ["gpt-2", "llama-never"]) {
    const json = separate(jsonOf(kind));
    const [plain, odd] = [
      await open(json),
      await open({ ...json, truncation: "constructor", padding: { strategy: [] } }),
    ];
    const text = "a whale and a ship and a whale";
    expect(odd?.(text)).toEqual(plain?.(text));
    expect(odd?.(text)).toBeDefined();
  }
});
