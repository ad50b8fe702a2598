// Hugging Face tokenizers against the Python original (tools/golden/tokenizer.py).
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadTokenizer } from "../src/node/index.js";
import { code } from "./helpers.js";

interface Golden {
  readonly vocabSize: number;
  readonly cases: readonly { readonly text: string; readonly ids: readonly number[]; readonly decoded: string }[];
}

const golden = fileURLToPath(new URL("./golden/", import.meta.url));
const kinds = ["byte-level", "llama-3", "llama-2", "word-piece", "unigram", "no-unknown"];
const letters = lettersOf("no-unknown");

describe.each(kinds)("%s", async (kind) => {
  const expected = JSON.parse(readFileSync(`${golden}${kind}/encodings.json`, "utf8")) as Golden;
  const tokenizer = await loadTokenizer(kind, golden);

  test("has the size of the original", () => {
    expect(tokenizer.vocabSize).toBe(expected.vocabSize);
  });

  test.each(expected.cases)("encodes $text", ({ text, ids }) => {
    if (kind === "no-unknown" && [...text.replace(/\s/gu, "")].some((letter) => !letters.has(letter))) {
      // The original loses the letters it has not; here that is an error.
      expect(code(() => tokenizer.encode(text))).toBe("E_TOKENIZER_UNKNOWN");
      return;
    }
    expect([...tokenizer.encode(text)]).toEqual(ids);
  });

  test.each(expected.cases)("decodes $text", ({ ids, decoded }) => {
    expect(tokenizer.decode(ids)).toBe(decoded);
  });
});

test("knows the tokens around a text", async () => {
  const llama2 = await loadTokenizer("llama-2", golden);
  expect([llama2.bosId, llama2.eosId]).toEqual([1, 2]);
  const gpt2 = await loadTokenizer("byte-level/tokenizer.json", golden);
  expect([gpt2.bosId, gpt2.eosId]).toEqual([undefined, 0]);
  const other = await loadTokenizer("byte-level", golden, { bosToken: "a" });
  expect(other.bosId).toBe(other.encode("a")[0]);
  expect(other.fingerprint).not.toBe(gpt2.fingerprint);
});

function lettersOf(kind: string): Set<string> {
  const json = JSON.parse(readFileSync(`${golden}${kind}/tokenizer.json`, "utf8")) as { model: { vocab: object } };
  return new Set(Object.keys(json.model.vocab).filter((token) => [...token].length === 1));
}
