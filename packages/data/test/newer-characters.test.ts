// Characters of Unicode 15 and 16, which Python's tokenizers knows and its build in WebAssembly does not
// (golden/newer.json: tokenizers 0.23.3).
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { huggingFaceTokenizer } from "../src/index.js";
import { openRustTokenizer } from "../src/node/rust-tokenizer.js";

interface Case {
  readonly name: string;
  readonly tokenizer: object;
  readonly texts: readonly string[];
  readonly ids: readonly (readonly number[])[];
}

const cases = JSON.parse(readFileSync(new URL("golden/newer.json", import.meta.url), "utf8")) as Case[];

/** An older Node does not know all of them either. */
const isKnown = /\p{L}/u.test("\u{10d4a}");

test.skipIf(!isKnown).each(cases)("$name has Python's ids", async ({ name, tokenizer, texts, ids }) => {
  const files = { name, tokenizer: { path: name, text: JSON.stringify(tokenizer) } };
  const own = await huggingFaceTokenizer(files, openRustTokenizer);
  expect(texts.map((text) => [...own.encode(text)])).toEqual(ids);
});
