// The package's main entry reads paths in Node, and its bundle for a page contains nothing of Node's.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundlePage } from "../../../tools/browser/src/bundle.js";
import { corpusSpec, loadTokenizer, openSource } from "../src/index.js";
import { folder } from "./helpers.js";

test("a corpus and a tokenizer by path", async () => {
  const path = folder({ "a.csv": "id,text\n1,ab\n2,c\n" });
  const source = await openSource(corpusSpec("./a.csv"), path);
  const texts = [];
  for await (const { text } of source.passages()) texts.push(text);
  expect(texts).toEqual(["ab", "c"]);
  expect([...(await loadTokenizer("bytes", path)).encode("ab")]).toEqual([97, 98]);
});

test("a page that reads paths gets an error", async () => {
  const path = folder({});
  const entry = join(import.meta.dirname, "..", "src", "index.ts");
  writeFileSync(join(path, "page.mjs"), await bundlePage({ entry }));
  const page = (await import(join(path, "page.mjs"))) as typeof import("../src/index.js");
  await expect(page.openSource(page.corpusSpec("./a.csv"), path)).rejects.toMatchObject({ code: "E_UNSUPPORTED" });
});
