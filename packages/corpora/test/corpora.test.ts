// The compressed texts compared with the files of the data sets they were made from.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CorpusName, corpora } from "../src/index.js";

const require = createRequire(import.meta.url);
const expected: Record<CorpusName, { from: string; documents: number; atLeast: number; words: RegExp }> = {
  "moby-dick": { from: "datasets-moby-dick", documents: 138, atLeast: 1_190_000, words: /^ETYMOLOGY\./ },
  "state-of-the-union": { from: "datasets-sotu", documents: 233, atLeast: 10_700_000, words: /^Fellow-Citizens/ },
};

describe.each(Object.keys(expected) as CorpusName[])("%s", (name) => {
  const documents = [...corpora[name].documents()];
  const { from, documents: count, atLeast, words } = expected[name];

  test("holds every document of the data set, in order, to the letter", () => {
    const folder = join(dirname(require.resolve(`@stdlib/${from}/package.json`)), "data");
    expect(documents).toHaveLength(count);
    for (const { id, text } of documents) {
      expect(text).toBe(`${readFileSync(join(folder, `${id}.txt`), "utf8").trim()}\n\n`);
    }
    expect(new Set(documents.map((document) => document.id)).size).toBe(count);
    expect(documents[0]?.text).toMatch(words);
    expect(documents.reduce((sum, document) => sum + document.text.length, 0)).toBeGreaterThan(atLeast);
  });

  test("says what it is and can be read again", () => {
    expect(corpora[name].title).not.toBe("");
    expect(corpora[name].licence).toContain("public domain");
    const [again] = corpora[name].documents();
    expect(again).toEqual(documents[0]);
  });
});

test("Moby-Dick goes from the etymology through chapter 1 to 135 to the epilogue", () => {
  const ids = [...corpora["moby-dick"].documents()].map((document) => document.id);
  const chapters = Array.from({ length: 135 }, (_, i) => `chapter_${i + 1}`);
  expect(ids).toEqual(["etymology", "extracts", ...chapters, "epilogue"]);
});

test("the addresses go up in time", () => {
  const years = [...corpora["state-of-the-union"].documents()].map((document) => Number(document.id.slice(0, 4)));
  expect(years).toEqual(years.toSorted((a, b) => a - b));
  expect([years[0], years.at(-1)]).toEqual([1790, 2021]);
});
