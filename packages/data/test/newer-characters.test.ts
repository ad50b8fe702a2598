// Characters of Unicode 15 to 17, which Python's tokenizers knows and its build in WebAssembly does not (golden/newer.json
// by tools/golden/newer.py, golden/newer-parts.json by newer_parts.py: tokenizers 0.23.3).
import { readFileSync } from "node:fs";
import { CambiumError } from "@cambium/ir";
import { expect, test } from "vitest";
import { huggingFaceTokenizer } from "../src/index.js";
import { openRustTokenizer } from "../src/node/rust-tokenizer.js";
import { error } from "./helpers.js";

interface Case {
  readonly name: string;
  readonly tokenizer: object;
  readonly ids: readonly (readonly number[])[];
}

const golden = (file: string) => JSON.parse(readFileSync(new URL(`golden/${file}`, import.meta.url), "utf8"));
const byteLevel = golden("newer.json") as (Case & { readonly texts: readonly string[] })[];
const parts = golden("newer-parts.json") as {
  readonly texts: readonly string[];
  readonly cases: readonly (Case & { readonly refused: boolean })[];
};

const open = ({ name, tokenizer }: Case) =>
  huggingFaceTokenizer({ name, tokenizer: { path: name, text: JSON.stringify(tokenizer) } }, openRustTokenizer);

test.each(byteLevel)("$name has Python's ids", async ({ texts, ids, ...of }) => {
  const own = await open(of as Case);
  expect(texts.map((text) => [...own.encode(text)])).toEqual(ids);
});

test.each(parts.cases.filter(({ refused }) => !refused))("$name has Python's ids", async (one) => {
  const own = await open(one);
  expect(parts.texts.map((text) => [...own.encode(text)])).toEqual(one.ids);
});

test.each(parts.cases.filter(({ refused }) => refused))("$name has Python's ids or is refused", async (one) => {
  const own = await open(one);
  const refused: CambiumError[] = [];
  parts.texts.forEach((text, i) => {
    try {
      expect([...own.encode(text)]).toEqual(one.ids[i]);
    } catch (error) {
      if (!(error instanceof CambiumError)) throw error;
      refused.push(error);
    }
  });
  for (const { code, details } of refused) {
    expect(code).toBe("E_TOKENIZER");
    expect(details.got).toMatch(/^(?:. \(U\+[0-9A-F]{4,5}\) at \d+(?:, )?)+$/u);
  }
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThan(parts.texts.length);
});

test.each(["(?i)[\\p{L}]+", "\\b\\w", "\\X"])("%s takes older characters as ever", async (name) => {
  const one = parts.cases.find((found) => found.name === name) as Case;
  const own = await open(one);
  const at = parts.texts.findIndex((text) => text.includes("café"));
  expect([...own.encode(parts.texts[at] as string)]).toEqual(one.ids[at]);
});

test("the place of a character is that in its document", async () => {
  const own = await open(parts.cases.find(({ name }) => name === "\\X") as Case);
  const got = (start: number) => error(() => own.encode("ab \u{1e030}", start)).details.got;
  expect([got(0), got(100)].map((text) => text?.slice(-5))).toEqual([" at 3", "t 103"]);
});
