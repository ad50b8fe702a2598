// Word by word or as a whole, a text has the same ids.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openRustTokenizer } from "../src/node/rust-tokenizer.js";
import { type Json, readVocabulary } from "../src/tokenizer/tokenizer-json.js";
import { wordsOf } from "../src/tokenizer/words.js";

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
const open = async (json: Json) => wordsOf(json, readVocabulary(json, "test"), openRustTokenizer);

test("only Llama's kinds are taken word by word", async () => {
  for (const kind of kinds) expect([kind, await open(jsonOf(kind))]).toEqual([kind, undefined]);
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
  ),
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.string({ maxLength: 4 }),
);
const text = fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(""));

test.each(llamas)("%s", async (kind) => {
  const json = separate(jsonOf(kind));
  const [words, whole] = [await open(json), await openRustTokenizer(JSON.stringify(json))];
  fc.assert(
    fc.property(text, (one) => {
      const wellFormed = one.replace(/\p{Surrogate}/gu, "\uFFFD");
      const ids = words?.(wellFormed);
      expect(ids === undefined).toBe(/<\/?s>/.test(wellFormed));
      if (ids) expect([...ids]).toEqual([...whole.encode(wellFormed)]);
    }),
    { numRuns: 400 },
  );
});
