// Tokenizers of many constructions against the Python original (tools/golden/tokenizer_kinds.py).
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { huggingFaceTokenizer } from "../src/index.js";
import { openRustTokenizer } from "../src/node/rust-tokenizer.js";

interface Golden {
  readonly tokenizer: object;
  readonly cases: readonly {
    readonly text: string;
    /** Of the text alone. */
    readonly ids: readonly number[];
    /** With what the tokenizer puts around it. */
    readonly whole: readonly number[];
    readonly decoded: string;
  }[];
}

const folder = fileURLToPath(new URL("./golden/kinds/", import.meta.url));
const kinds = readdirSync(folder).map((file) => file.replace(/\.json$/, ""));

test("there are forty and more", () => {
  expect(kinds.length).toBeGreaterThanOrEqual(40);
});

describe.each(kinds)("%s", async (kind) => {
  const path = `${folder}${kind}.json`;
  const { tokenizer: json, cases } = JSON.parse(readFileSync(path, "utf8")) as Golden;
  const tokenizer = await huggingFaceTokenizer(
    { name: kind, tokenizer: { path, text: JSON.stringify(json) } },
    openRustTokenizer,
  );

  test("has the original's ids", () => {
    expect(cases.map(({ text }) => [...tokenizer.encode(text)])).toEqual(cases.map(({ ids }) => ids));
  });

  test("puts before a text what the original puts there", () => {
    const spelled = cases.filter(({ ids }) => ids.length > 0);
    const before = spelled.map(({ ids, whole }) => whole.slice(0, startOf(ids, whole)));
    expect(spelled.map(() => tokenizer.prefix)).toEqual(before);
  });

  test("decodes as the original", () => {
    // The original of today spells an added token that is normalized as its normalizer leaves it: in lower case.
    const spelling = (text: string) => (kind === "added-normalized" ? text.toLowerCase() : text);
    const decoded = cases.map(({ ids }) => spelling(tokenizer.decode(ids)));
    expect(decoded).toEqual(cases.map(({ decoded }) => spelling(decoded)));
  });
});

/** Where `ids` begin in `whole`. */
function startOf(ids: readonly number[], whole: readonly number[]): number {
  return whole.findIndex((_, start) => ids.every((id, i) => whole[start + i] === id));
}
