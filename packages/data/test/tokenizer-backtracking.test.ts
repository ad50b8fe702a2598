// Patterns that backtrack without end: the original counts its steps and gives up, which is an error of the tokenizer.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { huggingFaceTokenizer } from "../src/index.js";
import { openRustTokenizer } from "../src/node/rust-tokenizer.js";

const path = fileURLToPath(new URL("./golden/kinds/split-removed.json", import.meta.url));
const { tokenizer: sound } = JSON.parse(readFileSync(path, "utf8")) as { tokenizer: object };

async function withPattern(pattern: string) {
  const split = { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false };
  const text = JSON.stringify({ ...sound, pre_tokenizer: split });
  return huggingFaceTokenizer({ name: "a", tokenizer: { path, text } }, openRustTokenizer);
}

test.each(["(a+)+$", "(a+)+(?=b)", "^(([a-z])+.)+[A-Z]([a-z])+$"])("%s ends with an error", async (pattern) => {
  const tokenizer = await withPattern(pattern);
  const failure = { code: "E_TOKENIZER", details: expect.objectContaining({ got: expect.stringMatching(/limit/) }) };
  expect(() => tokenizer.encode(`${"a".repeat(2000)}!`)).toThrow(expect.objectContaining(failure));
});
