// The bytes tokenizer.
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesTokenizer } from "../src/index.js";

test("a token is a byte of UTF-8, and the text comes back", () => {
  const tokenizer = bytesTokenizer();
  expect([tokenizer.vocabSize, tokenizer.eosId]).toEqual([256, undefined]);
  expect([...tokenizer.encode("aé🐋")]).toEqual([0x61, 0xc3, 0xa9, 0xf0, 0x9f, 0x90, 0x8b]);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }),
  );
});

test("any bytes decode", () => {
  expect(bytesTokenizer().decode([0xf0, 0x61])).toBe("\uFFFDa");
  expect(bytesTokenizer().decode([])).toBe("");
});

test("an end of text is a token of its own, or a byte", () => {
  const own = bytesTokenizer({ eosId: 256 });
  expect([own.vocabSize, own.decode([0x61, 256, 0x62])]).toEqual([257, "ab"]);
  const nul = bytesTokenizer({ eosId: 0 });
  expect([nul.vocabSize, nul.eosId, nul.decode([0x61, 0])]).toEqual([256, 0, "a\0"]);
  expect(new Set([bytesTokenizer(), own, nul].map((tokenizer) => tokenizer.fingerprint)).size).toBe(3);
});
