// Corpora that are not plain text: read in their own format, or refused by name with something to do.
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesTokenizer, type TextFormat } from "../src/index.js";
import { corpusSpec, openSource, prepareData, type Source } from "../src/node/index.js";
import { documentsOf, folder, passagesOf, rejection } from "./helpers.js";

type Files = Readonly<Record<string, string | Uint8Array>>;
type Options = { field?: string; format?: TextFormat };

const open = (files: Files, corpus: string, options: Options = {}): Promise<Source> =>
  openSource(corpusSpec(`./${corpus}`, options), folder(files));

async function textsOf(files: Files, corpus: string, options: Options = {}): Promise<string[]> {
  return [...(await documentsOf(await open(files, corpus, options))).values()];
}

const lines = '{"id":1,"text":"one\\nand more"}\n{"id":2,"text":"two"}\n';
const utf16 = (text: string, big = false) => {
  const bytes = Buffer.from(`\uFEFF${text}`, "utf16le");
  return big ? bytes.swap16() : bytes;
};
const poem = ["one\nand more", "two"];

const read: [string, string, string | Uint8Array, Options, string[]][] = [
  ["JSON lines in capitals", "A.JSONL", lines, {}, poem],
  ["JSON lines called .ndjson", "a.ndjson", lines, {}, poem],
  ["JSON lines called .json", "a.json", lines, {}, poem],
  ["JSON lines called .txt, with the format set", "a.txt", lines, { format: "jsonl" }, poem],
  ["a JSON list of objects", "a.json", '\n[\n {"text": "one\\nand more"},\n {"text": "two"}\n]', {}, poem],
  ["a JSON list on one line", "a.json", '[{"text":"one\\nand more"},{"text":"two"}]', {}, poem],
  ["a JSON list of texts", "a.json", '["one\\nand more", "", "two"]', {}, poem],
  ["another field of a JSON list", "a.json", '[{"body":"x","text":1}]', { field: "body" }, ["x"]],
  ["CSV", "a.csv", 'id,text\r\n1,"one\nand more"\r\n\r\n2,two\r\n', {}, poem],
  ["CSV with quotes and commas", "a.csv", 'text,n\n"a ""b"", c",1\n', {}, ['a "b", c']],
  ["CSV with a byte order mark", "a.csv", "\uFEFFtext\none\n", {}, ["one"]],
  ["another column of CSV", "a.csv", "text,body\nx,one\n", { field: "body" }, ["one"]],
  ["TSV, quotes as they are", "a.tsv", 'id\ttext\n1\tsay "a\n2\ttwo, three\n', {}, ['say "a', "two, three"]],
  ["TSV with quotes doubled", "a.tsv", 'text\tn\n"say ""a"""\t1\n"b"\t2\n', {}, ['say "a"', '"b"']],
  ["gzip", "a.jsonl.gz", gzipSync(lines), {}, poem],
  ["gzip under another name", "a.jsonl", gzipSync(lines), {}, poem],
  ["packed text", "a.txt.gz", gzipSync("plain"), {}, ["plain"]],
  ["packed CSV", "a.csv.gz", gzipSync("text\none\n"), {}, ["one"]],
  ["UTF-16", "a.txt", utf16("naïve 🐋"), {}, ["naïve 🐋"]],
  ["UTF-16, the other way round", "a.txt", utf16("naïve 🐋", true), {}, ["naïve 🐋"]],
  ["JSON lines in UTF-16", "a.jsonl", utf16(lines), {}, poem],
  ["CSV in UTF-16", "a.csv", utf16("text\nnaïve\n"), {}, ["naïve"]],
  ["a text with a byte order mark", "a.md", "\uFEFF# Title", {}, ["# Title"]],
  ["prose that begins with a bracket", "a.txt", "[Illustration] {sic} <i>a</i>", {}, ["[Illustration] {sic} <i>a</i>"]],
  ["prose whose first line has commas", "a.txt", "Call me, text,\nif, ever,", {}, ["Call me, text,\nif, ever,"]],
  ["one line that could name columns", "a.txt", "id, text\nand no comma", {}, ["id, text\nand no comma"]],
  ["a table, as text if it is said to be", "a.txt", "id,text\n1,x", { format: "text" }, ["id,text\n1,x"]],
  ["code", "a.py", "x = {'a': 1}", {}, ["x = {'a': 1}"]],
  ["a web page, as text if it is said to be", "a.html", "<html>", { format: "text" }, ["<html>"]],
];

test.each(read)("%s is read", async (_, name, content, options, texts) => {
  expect(await textsOf({ [name]: content }, name, options)).toEqual(texts);
});

const refused: [string, string, string | Uint8Array, Options, string, RegExp][] = [
  [
    "JSON that is one object",
    "a.json",
    '{\n"version": 1,\n"rows": [{"text":"x"}]\n}',
    {},
    "E_CORPUS_FORMAT",
    /\."rows"\[\]/,
  ],
  ["JSON of no list", "a.json", "17", {}, "E_CORPUS_FORMAT", /list of documents/],
  ["broken JSON", "a.json", '[{"text": "x"', {}, "E_CORPUS_FORMAT", /format: jsonl/],
  [
    "a list without the field",
    "a.json",
    '[{"q":"x","a":"y"}]',
    {},
    "E_CORPUS_FIELD",
    /document 0[\s\S]*field: "q" or "a"/,
  ],
  ["a list of numbers", "a.json", "[1, 2]", {}, "E_CORPUS_FIELD", /not an object/],
  ["lines without the field", "a.ndjson", '{"body":"x"}', {}, "E_JSONL_FIELD", /:1[\s\S]*field: "body"/],
  ["a list called .jsonl", "a.jsonl", '[{"text":"x"},\n{"text":"y"}]', {}, "E_JSONL_SYNTAX", /format: json/],
  ["a table without the column", "a.csv", "id,body\n1,x\n", {}, "E_CORPUS_FIELD", /field: "id" or "body"/],
  ["a table of uneven rows", "a.csv", "text,n\nx,1,2\n", {}, "E_CORPUS_FORMAT", /a\.csv:2/],
  ["a table with an open quote", "a.csv", 'text,n\n"x,1\n', {}, "E_CORPUS_FORMAT", /quot/i],
  ["a table by semicolons", "a.csv", 'id;text\n1;"x"\n', {}, "E_CORPUS_FORMAT", /parted by ";"[\s\S]*sep=';'/],
  ["a table by tabs called .csv", "a.csv", "id\ttext\n1\tx\n", {}, "E_CORPUS_FORMAT", /name it \.tsv/],
  ["a table by bars", "a.psv", "id|text\n1|x\n", {}, "E_CORPUS_FORMAT", /sep='\|'/],
  [
    "a CSV table called .txt",
    "a.txt",
    '"id","text"\r\n1,x\r\n',
    {},
    "E_CORPUS_FORMAT",
    /format: csv[\s\S]*format: text/,
  ],
  ["a TSV table without an ending", "rows", "content\tn\nx\t1\n", {}, "E_CORPUS_FORMAT", /format: tsv/],
  ["a table by bars called .md", "a.md", "Text|n\nx|1\n", {}, "E_CORPUS_FORMAT", /sep='\|'[\s\S]*format: text/],
  ["subtitles", "a.srt", "1", {}, "E_CORPUS_FORMAT", /subtitles[\s\S]*format: text/],
  ["subtitles called .txt", "a.txt", "1\r\n00:00:01,000 --> 00:00:02,000\r\nHi", {}, "E_CORPUS_FORMAT", /subtitles/],
  ["a web archive", "crawl", "WARC/1.0\r\nWARC-Type: warcinfo", {}, "E_CORPUS_FORMAT", /web archive/],
  ["mail", "a.mbox", "From x", {}, "E_CORPUS_FORMAT", /mail/],
  ["JSON lines called .txt", "a.txt", lines, {}, "E_CORPUS_FORMAT", /format: jsonl[\s\S]*format: text/],
  ["a JSON list without an ending", "corpus/../data", '[{"text":"x"}]', {}, "E_CORPUS_FORMAT", /format: json/],
  ["a web page", "a.html", "<p>x", {}, "E_CORPUS_FORMAT", /pandoc[\s\S]*format: text/],
  ["a web page called .txt", "a.txt", "\n<!DOCTYPE html><p>x", {}, "E_CORPUS_FORMAT", /web page/],
  ["a notebook", "a.ipynb", "{}", {}, "E_CORPUS_FORMAT", /nbconvert/],
  ["a truncated Parquet table", "a.parquet", "PAR1....", {}, "E_CORPUS_FORMAT", /byte 8[\s\S]*footer != PAR1/],
  ["a Parquet table without an ending", "data", "PAR1....", { format: "text" }, "E_CORPUS_FORMAT", /format: parquet/],
  ["an Arrow table", "a.arrow", "ARROW1", {}, "E_CORPUS_FORMAT", /read_feather/],
  ["a spreadsheet", "a.xlsx", "PK\x03\x04", {}, "E_CORPUS_FORMAT", /spreadsheet/],
  ["an archive", "a.tar.gz", gzipSync("x"), {}, "E_CORPUS_FORMAT", /archive/],
  ["a PDF called .txt", "a.txt", "%PDF-1.7", {}, "E_CORPUS_FORMAT", /PDF/],
  ["bytes of zero", "a.txt", "abcd\0efgh", {}, "E_CORPUS_FORMAT", /zero/],
  ["UTF-16 without a mark", "a.txt", Buffer.from("hello", "utf16le"), {}, "E_CORPUS_FORMAT", /iconv -f utf-16le/],
  ["UTF-16 lines without a mark", "a.jsonl", Buffer.from(lines, "utf16le"), {}, "E_CORPUS_FORMAT", /UTF-16/],
  ["gzip cut short", "a.jsonl.gz", gzipSync(lines.repeat(90)).subarray(0, 40), {}, "E_CORPUS_FORMAT", /damaged/],
  ["latin1", "a.txt", Buffer.from("caf\xe9 noir", "latin1"), {}, "E_UTF8", /iconv -f latin1/],
];

test.each(refused)("%s is refused", async (_, name, content, options, code, words) => {
  const files = { [name]: content };
  const error = await rejection(open(files, name, options).then(passagesOf));
  expect([error.code, error.format()]).toEqual([code, expect.stringMatching(words)]);
});

test("a file's name and beginning are checked before anything is read", async () => {
  for (const [name, content] of [
    ["a.html", "x"],
    ["a.txt", lines],
    ["a.csv", "PAR1"],
  ] as const)
    expect((await rejection(open({ [name]: content }, name))).code).toBe("E_CORPUS_FORMAT");
});

describe("a folder", () => {
  const files = {
    "b.txt": "plain",
    "a/lines.jsonl": lines,
    "a/table.csv.gz": gzipSync("text\nrow\n"),
    "c.json": '["listed"]',
    "d.png": "-",
    "notes.docx": "-",
    Makefile: "-",
    ".hidden": "-",
    ".git/x.txt": "-",
    "a/._b.txt": "-",
  };

  test("of many formats is read, each file in its own, and the skipped ones are listed", async () => {
    const root = folder(files);
    symlinkSync(join(root, "nowhere"), join(root, "dangling.txt"));
    const source = await openSource(corpusSpec("./"), root);
    expect([...(await documentsOf(source)).values()]).toEqual([...poem, "row", "plain", "listed"]);
    const over = [".git/", ".hidden", "Makefile", "a/._b.txt", "d.png", "dangling.txt", "notes.docx"];
    expect(source.passedOver).toEqual(over);
  });

  test("of which one format is selected", async () => {
    const source = await openSource(corpusSpec("./", { format: "jsonl" }), folder(files));
    expect([...(await documentsOf(source)).values()]).toEqual(poem);
    expect(source.passedOver).toContain("b.txt");
  });

  test("of shards names documents by file and line", async () => {
    const root = folder({ "x/s0.jsonl": lines, "y/s0.jsonl": lines });
    const names = [...(await documentsOf(await openSource(corpusSpec("./"), root))).keys()];
    expect(names).toEqual(["x/s0.jsonl:1", "x/s0.jsonl:2", "y/s0.jsonl:1", "y/s0.jsonl:2"]);
  });

  test("without anything to read: the error lists its files", async () => {
    const error = await rejection(openSource(corpusSpec("./"), folder({ "a.png": "", "b.html": "" })));
    expect([error.code, error.details.got]).toEqual(["E_CORPUS_EMPTY", "a.png, b.html"]);
  });
});

test("any rows of any texts come back from CSV", async () => {
  const text = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r\n", " ", "é"), minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 6 }), async (list) => {
      const rows = list.map((one, i) => `${i},"${one.replaceAll('"', '""')}"\n`).join("");
      expect(await textsOf({ "a.csv": `id,text\n${rows}` }, "a.csv")).toEqual(list);
    }),
    { numRuns: 60 },
  );
});

describe("a corpus of too few documents", () => {
  const prepare = async (files: Files, corpus: string, atLeast?: { train: number; heldOut: number }) => {
    const cacheDir = folder();
    const source = await open(files, corpus);
    const options = { source, tokenizer: bytesTokenizer(), heldOutFraction: 0.1, seed: 1, cacheDir };
    const made = await prepareData({ ...options, ...(atLeast && { atLeast }) });
    const again = await prepareData({ ...options, ...(atLeast && { atLeast }) });
    const sides = [made.train, made.heldOut].map((file) => bytesTokenizer().decode(file.read(0, file.length)));
    const stats = [made.stats, again.stats];
    made.close();
    again.close();
    expect(stats.map(({ cached }) => cached)).toEqual([false, true]);
    expect(stats[1]?.content).toBe(stats[0]?.content);
    return { train: sides[0] as string, heldOut: sides[1] as string, stats: made.stats };
  };

  test.each([
    ["a short text", "a.txt", "word ".repeat(40)],
    ["one line", "a.jsonl", JSON.stringify({ text: "word ".repeat(40) })],
    ["one row", "a.csv", `text\n"${"word ".repeat(40)}"\n`],
  ])("holds out the end: %s", async (_, name, content) => {
    const { train, heldOut, stats } = await prepare({ [name]: content }, name);
    expect(train + heldOut).toBe("word ".repeat(40));
    expect(heldOut).toBe("word ".repeat(4));
    expect([stats.train.documents, stats.heldOut.documents]).toEqual([1, 1]);
    expect(stats.heldOut.textBytes).toBe(heldOut.length);
  });

  test("holds out as much as is needed, characters whole", async () => {
    const files = { "a.txt": "🐋".repeat(30), "b.txt": "c", "d.txt": "e" };
    const { train, heldOut } = await prepare(files, ".", { train: 20, heldOut: 50 });
    expect(train + heldOut).toBe(`${"🐋".repeat(30)}ce`);
    expect(Buffer.byteLength(heldOut)).toBeGreaterThanOrEqual(50);
    expect(train).not.toContain("\uFFFD");
  });

  test("holds out whole documents where these are enough", async () => {
    const documents = Array.from({ length: 50 }, (_, i) => `document ${i}`);
    const { heldOut } = await prepare({ "a.json": JSON.stringify(documents) }, "a.json", { train: 5, heldOut: 5 });
    expect(heldOut).toMatch(/^(document \d+)+$/);
  });

  test("says how much it takes when there is too little", async () => {
    const error = await rejection(prepare({ "a.txt": "only this" }, "a.txt", { train: 33, heldOut: 129 }));
    expect([error.code, error.details.expected, error.details.got]).toEqual([
      "E_SPLIT",
      "at least 162 tokens: 33 to train on and 129 held out",
      "9 tokens",
    ]);
  });
});
