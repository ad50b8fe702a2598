// Users' mistakes, and the error each one gives: its code, its place, and what to do.
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesTokenizer } from "../src/index.js";
import { loadTokenizer, openSource, type PrepareOptions, prepareData, type SourceSpec } from "../src/node/index.js";
import { code, folder, passagesOf, rejection } from "./helpers.js";

type Files = Readonly<Record<string, string | Uint8Array>>;
const text = (path: string, more = {}): SourceSpec => ({ kind: "files", path, ...more });
const jsonl = (path: string, more = {}): SourceSpec => ({ kind: "files", path, format: "jsonl", ...more });

const deep = "[".repeat(1e5) + "]".repeat(1e5);

const sources: [string, Files, SourceSpec, string, RegExp][] = [
  ["no such text file", {}, text("no.txt"), "E_NOT_FOUND", /no\.txt/],
  ["no such JSONL file", {}, jsonl("no.jsonl"), "E_NOT_FOUND", /no\.jsonl/],
  ["a file for a folder", { "a.txt": "x" }, text("a.txt/b"), "E_NOT_FOUND", /a\.txt\/b/],
  ["a folder without JSONL files", { "d/a.txt": "{}" }, jsonl("d"), "E_CORPUS_EMPTY", /\.ndjson.*a\.txt/s],
  ["an empty file", { "a.txt": "" }, text("a.txt"), "E_CORPUS_EMPTY", /no text/],
  ["an empty JSONL file", { "a.jsonl": "" }, jsonl("a.jsonl"), "E_CORPUS_EMPTY", /no text/],
  ["JSONL with nothing in it", { "a.jsonl": '\n\n{"text":""}\n' }, jsonl("a.jsonl"), "E_CORPUS_EMPTY", /no text/],
  ["a folder without text", { "a.png": "x" }, text("."), "E_CORPUS_EMPTY", /ending in \.txt.*a\.png/s],
  ["a folder of empty files", { "a.txt": "", "b.txt": "" }, text("."), "E_CORPUS_EMPTY", /no text/],
  ["one letter", { "a.txt": "x" }, text("a.txt"), "E_SPLIT", /at least 2 tokens.*got: 1 token/s],
  ["one document, twice", { "a.txt": "x", "b.txt": "x" }, text("."), "E_SPLIT", /are the same/],
  [
    "bytes that are not text",
    { "a.txt": Buffer.from("caf\xe9 noir", "latin1") },
    text("a.txt"),
    "E_UTF8",
    /byte 3.*e9/s,
  ],
  [
    "UTF-16 cut short",
    { "a.txt": Buffer.from("\uFEFFhi", "utf16le").subarray(0, 5) },
    text("a.txt"),
    "E_UTF8",
    /UTF-16/,
  ],
  ["a text cut in a character", { "a.txt": Buffer.from("🐋").subarray(0, 3) }, text("a.txt"), "E_UTF8", /byte 0/],
  [
    "JSONL that is not text",
    { "a.jsonl": Buffer.from('{"a":1}\n{"text":"\xff"}', "latin1") },
    jsonl("a.jsonl"),
    "E_JSONL_FIELD",
    /:1/,
  ],
  [
    "JSONL with a bad byte",
    { "a.jsonl": Buffer.from('{"text":"a"}\n{"text":"\xff"}', "latin1") },
    jsonl("a.jsonl"),
    "E_UTF8",
    /byte 22/,
  ],
  ["JSON that is not in lines", { "a.jsonl": '[\n{"text":"x"}\n]' }, jsonl("a.jsonl"), "E_JSONL_SYNTAX", /a\.jsonl:1/],
  ["a broken line", { "a.jsonl": '{"text":"x"}\n\n{"text":' }, jsonl("a.jsonl"), "E_JSONL_SYNTAX", /a\.jsonl:3/],
  ["a line that is a list", { "a.jsonl": '["x"]' }, jsonl("a.jsonl"), "E_JSONL_FIELD", /not an object/],
  ["a line nested 100,000 deep", { "a.jsonl": deep }, jsonl("a.jsonl"), "E_JSONL_FIELD", /nested/],
  ["a text nested 100,000 deep", { "a.jsonl": `{"text":${deep}}` }, jsonl("a.jsonl"), "E_JSONL_FIELD", /nested/],
  ["a line that is null", { "a.jsonl": "null" }, jsonl("a.jsonl"), "E_JSONL_FIELD", /not an object/],
  [
    "another field",
    { "a.jsonl": '{"content":"x","n":1}' },
    jsonl("a.jsonl"),
    "E_JSONL_FIELD",
    /content, n.*set field: "content"/s,
  ],
  [
    "a field of every object",
    { "a.jsonl": '{"a":"x"}' },
    jsonl("a.jsonl", { field: "toString" }),
    "E_JSONL_FIELD",
    /toString/,
  ],
  ["a field that is not text", { "a.jsonl": '{"text":["x"]}' }, jsonl("a.jsonl"), "E_JSONL_FIELD", /a string/],
  [
    "a line too long",
    { "a.jsonl": `{"text":"${"x".repeat(100)}"}` },
    jsonl("a.jsonl", { maxLineBytes: 99 }),
    "E_JSONL_LINE_LENGTH",
    /:1/,
  ],
  ["blocks of no size", { "a.txt": "x" }, text("a.txt", { blockChars: 0 }), "E_OPTION", /16 to/],
  [
    "an unknown corpus",
    {},
    { kind: "corpus", name: "hamlet" },
    "E_CORPUS_UNKNOWN",
    /moby-dick or state[\s\S]*\.\/hamlet/,
  ],
  ["a corpus of every object", {}, { kind: "corpus", name: "toString" }, "E_CORPUS_UNKNOWN", /moby-dick/],
];

describe("a corpus", () => {
  test.each(sources)("%s", async (_, files, spec, expected, words) => {
    const root = folder(files);
    const error = await rejection(
      openSource(spec, root).then((source) => prepare({ source, cacheDir: join(root, ".cache") })),
    );
    expect(error.code).toBe(expected);
    expect(error.format()).toMatch(words);
    expect(error.format().split("\n").length).toBeLessThan(12);
  });

  test("with bad bytes is read if replacement is requested", async () => {
    const root = folder({
      "a.txt": Buffer.from("caf\xe9", "latin1"),
      "a.jsonl": Buffer.from('{"text":"\xe9"}', "latin1"),
    });
    for (const kind of ["text", "jsonl"] as const) {
      const path = kind === "text" ? "a.txt" : "a.jsonl";
      const [passage] = await passagesOf(await openSource({ kind: "files", path, invalidUtf8: "replace" }, root));
      expect(passage?.text).toMatch(/^(caf)?\uFFFD$/);
    }
  });
});

describe("a preparation", () => {
  const cases: [string, Partial<PrepareOptions>, string][] = [
    ["a fraction of 1", { heldOutFraction: 1 }, "E_OPTION"],
    ["a negative fraction", { heldOutFraction: -0.1 }, "E_OPTION"],
    ["a fraction that is not a number", { heldOutFraction: Number.NaN }, "E_OPTION"],
    ["a broken seed", { seed: 0.5 }, "E_OPTION"],
    ["a cache below a file", { cacheDir: join(import.meta.filename, "x") }, "E_NOT_FOUND"],
  ];
  test.each(cases)("%s", async (_, options, expected) => {
    const root = folder({ "a.txt": "A", "b.txt": "B" });
    const source = await openSource(text("."), root);
    expect((await rejection(prepare({ source, cacheDir: join(root, ".cache"), ...options }))).code).toBe(expected);
  });

  test("a cache that may not be written", async () => {
    const root = folder({ "a.txt": "A", "b.txt": "B", "cache/x": "" });
    chmodSync(join(root, "cache"), 0o500);
    // Permissions do not bind root, but not even root makes folders in sysfs.
    const cacheDir = process.getuid?.() === 0 ? "/sys/cambium" : join(root, "cache");
    const source = await openSource(text("."), root);
    expect((await rejection(prepare({ source, cacheDir }))).code).toBe("E_PERMISSION");
  });
});

describe("a tokenizer", () => {
  const vocab = { a: 0, b: 1 };
  const bpe = { type: "BPE", vocab, merges: [] };
  const cases: [string, string, RegExp][] = [
    ["not JSON", "{", /not JSON/],
    ["a list", "[]", /not a tokenizer/],
    ["an empty object", "{}", /model\.vocab/],
    ["no vocabulary", JSON.stringify({ model: { type: "BPE" } }), /model\.vocab/],
    ["a vocabulary of nothing", JSON.stringify({ model: { type: "Unigram", vocab: [] } }), /model\.vocab/],
    [
      "ids that are none",
      JSON.stringify({ model: { ...bpe, vocab: { a: -1, b: "x" } } }),
      /model\.vocab\["a"\][\s\S]*model\.vocab\["b"\]/,
    ],
    ["an id beyond reason", JSON.stringify({ model: { ...bpe, vocab: { a: 2 ** 40 } } }), /not a token id/],
    ["merges that are none", JSON.stringify({ model: { ...bpe, merges: 7 } }), /cannot be read[\s\S]*MergeType/],
    [
      "an unknown model",
      JSON.stringify({ model: { type: "Chars", vocab } }),
      /model\.type: is not supported[\s\S]*WordLevel[\s\S]*Chars/,
    ],
    [
      "an unknown normalizer",
      JSON.stringify({ model: bpe, normalizer: { type: "Shout" } }),
      /normalizer\.type: is not supported[\s\S]*Shout/,
    ],
    [
      "an unknown part of a sequence",
      JSON.stringify({
        model: bpe,
        pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "Whitespace" }, { type: "FixedLength" }] },
      }),
      /pre_tokenizer\.pretokenizers\[1\]\.type[\s\S]*FixedLength/,
    ],
    ["merges left out at random", JSON.stringify({ model: { ...bpe, dropout: 0.1 } }), /model\.dropout[\s\S]*null/],
    [
      "a pattern that is none",
      JSON.stringify({
        model: bpe,
        pre_tokenizer: { type: "Split", pattern: { Regex: "(a+" }, behavior: "Isolated", invert: false },
      }),
      /unmatched parenthesis/,
    ],
    [
      "added tokens that are none",
      JSON.stringify({ model: bpe, added_tokens: [{ id: 2 }] }),
      /added_tokens\[0\]\.content/,
    ],
    ["added tokens in no list", JSON.stringify({ model: bpe, added_tokens: {} }), /not a list/],
  ];
  test.each(cases)("with %s", async (_, json, words) => {
    const error = await rejection(loadTokenizer("tokenizer.json", folder({ "tokenizer.json": json })));
    expect(error.code).toBe("E_TOKENIZER");
    expect(error.format()).toMatch(words);
  });

  test("that is not there", async () => {
    const error = await rejection(loadTokenizer("gpt2", folder()));
    expect([error.code, error.message]).toEqual(["E_NOT_FOUND", 'there is no tokenizer "gpt2"']);
    expect((await rejection(loadTokenizer(".", folder()))).code).toBe("E_NOT_FOUND");
  });

  test("whose special tokens are not in its vocabulary", async () => {
    const root = folder({
      "tokenizer.json": JSON.stringify({ model: bpe }),
      "tokenizer_config.json": '{"eos_token":"</s>"}',
    });
    const error = await rejection(loadTokenizer(".", root));
    expect([error.code, error.details.got, error.details.where]).toEqual([
      "E_TOKENIZER",
      '"</s>"',
      join(root, "tokenizer_config.json"),
    ]);
    expect((await rejection(loadTokenizer(".", root, { eosToken: "z" }))).code).toBe("E_TOKENIZER");
    expect((await loadTokenizer(".", root, { eosToken: "b" })).eosId).toBe(1);
  });

  test("whose pattern backtracks without end fails, and the text after it is read", async () => {
    const pre_tokenizer = { type: "Split", pattern: { Regex: "(a+)+$" }, behavior: "Isolated", invert: false };
    const json = JSON.stringify({ model: { ...bpe, byte_fallback: false }, pre_tokenizer });
    const tokenizer = await loadTokenizer(".", folder({ "tokenizer.json": json }));
    expect(code(() => tokenizer.encode(`${"a".repeat(44)}b`))).toBe("E_TOKENIZER");
    expect([...tokenizer.encode("ab")]).toEqual([0, 1]);
  });

  test("given ids outside its vocabulary", async () => {
    const tokenizer = await loadTokenizer(".", folder({ "tokenizer.json": JSON.stringify({ model: bpe }) }));
    expect(tokenizer.decode([])).toBe("");
    for (const ids of [[2], [0, -1], [0.5], [Number.NaN]]) expect(code(() => tokenizer.decode(ids))).toBe("E_TOKEN_ID");
    expect(code(() => bytesTokenizer().decode([256]))).toBe("E_TOKEN_ID");
    expect(code(() => bytesTokenizer({ eosId: 257 }))).toBe("E_OPTION");
  });
});

async function prepare(options: Pick<PrepareOptions, "source" | "cacheDir"> & Partial<PrepareOptions>): Promise<void> {
  const data = await prepareData({ tokenizer: bytesTokenizer(), heldOutFraction: 0.1, seed: 1, ...options });
  data.close();
}
