// Where documents come from: text files and folders, JSON Lines, the embedded corpora.
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { corpora } from "@cambium/corpora";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { corpusSpec, embeddedSource, filesSource, openSource, PASSAGE_CHARS } from "../src/node/index.js";
import { documentsOf, folder, passagesOf, rejection } from "./helpers.js";

const here = import.meta.dirname;

test.each([
  ["moby-dick", { kind: "corpus", name: "moby-dick" }],
  ["./texts", { kind: "files", path: "./texts" }],
  ["texts/", { kind: "files", path: "texts/" }],
  ["a.txt", { kind: "files", path: "a.txt" }],
  ["C:\\texts", { kind: "files", path: "C:\\texts" }],
  ["a.jsonl", { kind: "files", path: "a.jsonl" }],
])("the corpus %s is a name or a path", (corpus, spec) => {
  expect(corpusSpec(corpus)).toEqual(spec);
  expect(corpusSpec(corpus, { field: "body" })).toEqual(spec.kind === "files" ? { ...spec, field: "body" } : spec);
});

describe("a text file", () => {
  const paragraphs = Array.from({ length: 40 }, (_, i) => `Paragraph ${i}. ${"words ".repeat(20)}\n\n`).join("");

  test("is cut into blocks at its paragraphs, and only the last ends the text", async () => {
    const path = join(folder({ "a.txt": paragraphs }), "a.txt");
    const passages = await passagesOf(await filesSource(path, { blockChars: 1000 }));
    expect(passages.map((passage) => passage.text).join("")).toBe(paragraphs);
    expect(passages.length).toBeGreaterThan(5);
    expect(new Set(passages.map((passage) => passage.document)).size).toBe(passages.length);
    for (const { text } of passages) expect(text).toMatch(/^Paragraph [\s\S]*\n\n$/);
    expect(passages.filter((passage) => passage.last)).toEqual([passages.at(-1)]);
    expect(passages.at(-1)?.bytesRead).toBe(paragraphs.length);
  });

  test("may count as one document", async () => {
    const path = join(folder({ "a.txt": paragraphs }), "a.txt");
    expect((await documentsOf(await filesSource(path, { documents: "file" }))).size).toBe(1);
  });

  test("longer than a chunk is read whole, characters across chunks included", async () => {
    const text = "日本語 🐋 ".repeat(60_000);
    const documents = await documentsOf(await filesSource(join(folder({ "a.txt": text }), "a.txt")));
    expect([...documents.values()].join("")).toBe(text);
  });
});

describe("a folder of text files", () => {
  test("is read in order of its paths, hidden and other files left out", async () => {
    const files = {
      "b.txt": "B",
      "a/z.md": "Z",
      "a/b/c.TXT": "C",
      "a.txt": "A",
      ".x.txt": "-",
      ".git/d.txt": "-",
      "e.png": "-",
      "f.txt": "",
    };
    const root = folder(files);
    symlinkSync(join(root, "b.txt"), join(root, "link.txt"));
    symlinkSync(root, join(root, "loop"));
    const documents = await documentsOf(await filesSource(root));
    expect([...documents]).toEqual([
      ["a.txt", "A"],
      ["a/b/c.TXT", "C"],
      ["a/z.md", "Z"],
      ["b.txt", "B"],
      ["link.txt", "B"],
    ]);
  });

  test("keeps a long file one document, in passages", async () => {
    const long = "line of text\n".repeat(PASSAGE_CHARS / 5);
    const source = await filesSource(folder({ "a.txt": long, "b.txt": "b" }));
    const passages = await passagesOf(source);
    expect(passages.length).toBeGreaterThan(3);
    expect([...(await documentsOf(source))]).toEqual([
      ["a.txt", long],
      ["b.txt", "b"],
    ]);
    expect(passages.map((passage) => passage.bytesRead)).toEqual(
      passages.map((passage) => passage.bytesRead).sort((a, b) => a - b),
    );
    expect(passages.at(-1)?.bytesRead).toBe((await source.state()).bytes);
  });

  test("has a fingerprint of content and options, not of place", async () => {
    const [one, two] = [folder({ "a.txt": "A", "b.txt": "B" }), folder({ "c.txt": "A", "d.txt": "B" })];
    const other = folder({ "a.txt": "AB", "b.txt": "" });
    const print = async (path: string, options = {}) => (await (await filesSource(path, options)).fingerprint()).all;
    expect(await print(one)).toBe(await print(two));
    expect(await print(one)).not.toBe(await print(other));
    expect(await print(one)).not.toBe(await print(one, { documents: "block" }));
  });
});

describe("JSON Lines", () => {
  test("gives back any texts that were written", async () => {
    const texts = fc.array(fc.string({ unit: "grapheme", maxLength: 30 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(texts, fc.constantFrom("\n", "\r\n", "\n\n"), fc.boolean(), async (list, ending, ends) => {
        const lines = list.map((text) => JSON.stringify({ id: 1, text })).join(ending) + (ends ? ending : "");
        const path = join(folder({ "a.jsonl": lines }), "a.jsonl");
        const documents = await documentsOf(await filesSource(path));
        expect([...documents.values()]).toEqual(list.filter((text) => text !== ""));
      }),
      { numRuns: 60 },
    );
  });

  test("reads any bytes, or says what is wrong at which line", async () => {
    const line = fc.oneof(fc.json(), fc.constant('{"text":"ok"}'), fc.string({ unit: "binary" }));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), async (list) => {
        const path = join(folder({ "a.jsonl": list.join("\n") }), "a.jsonl");
        const source = await filesSource(path);
        const failed = await passagesOf(source).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (failed !== undefined) expect(failed).toMatchObject({ code: expect.stringMatching(/^E_JSONL_/) });
      }),
      { numRuns: 100 },
    );
  });

  test("names documents by line, counting empty ones", async () => {
    const path = join(folder({ "a.jsonl": '\uFEFF{"text":"x"}\n\n{"text":""}\n{"text":"y"}' }), "a.jsonl");
    expect([...(await documentsOf(await filesSource(path)))]).toEqual([
      ["a.jsonl:1", "x"],
      ["a.jsonl:4", "y"],
    ]);
  });

  test("reads the field named, and replaces unpaired surrogates", async () => {
    const path = join(folder({ "a.jsonl": '{"text":1,"body":"a\\ud800b🐋"}' }), "a.jsonl");
    const documents = await documentsOf(await filesSource(path, { field: "body" }));
    expect([...documents.values()]).toEqual(["a\uFFFDb🐋"]);
  });

  test("keeps lines across chunks whole", async () => {
    const texts = Array.from({ length: 50 }, (_, i) => `${i} `.repeat(4000));
    const path = join(folder({ "a.jsonl": texts.map((text) => JSON.stringify({ text })).join("\n") }), "a.jsonl");
    expect([...(await documentsOf(await filesSource(path))).values()]).toEqual(texts);
  });
});

describe("an embedded corpus", () => {
  test("is found by name", async () => {
    const source = await openSource({ kind: "corpus", name: "moby-dick" }, here);
    const documents = await documentsOf(source);
    expect([...documents]).toEqual([...corpora["moby-dick"].documents()].map(({ id, text }) => [id, text]));
    expect((await passagesOf(source)).at(-1)?.bytesRead).toBe((await source.state()).bytes);
  });

  test("is the one the project has installed", async () => {
    const corpus = `export const corpora = { mine: { documents: () => [{ id: "a", text: "mine" }] } };`;
    const manifest = JSON.stringify({ name: "@cambium/corpora", type: "module", exports: "./index.js" });
    const at = "node_modules/@cambium/corpora";
    const project = folder({ [`${at}/index.js`]: corpus, [`${at}/package.json`]: manifest });
    expect([...(await documentsOf(await embeddedSource("mine", project)))]).toEqual([["a", "mine"]]);
  });

  test("that fails to load says so", async () => {
    const manifest = JSON.stringify({ name: "@cambium/corpora", type: "module", exports: "./index.js" });
    const at = "node_modules/@cambium/corpora";
    const broken = folder({ [`${at}/index.js`]: "throw new Error('no')", [`${at}/package.json`]: manifest });
    const other = folder({ [`${at}/index.js`]: "export const x = 1", [`${at}/package.json`]: manifest });
    expect(await rejection(embeddedSource("moby-dick", broken))).toMatchObject({
      code: "E_CORPORA_BROKEN",
      details: { got: "no" },
    });
    expect((await rejection(embeddedSource("moby-dick", other))).code).toBe("E_CORPORA_BROKEN");
  });
});
