// Token files of litgpt and nanoGPT, read and written, compared with Python's (tools/golden/packed_tokens.py).
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesTokenizer } from "../src/index.js";
import {
  type ExportOptions,
  exportTokens,
  filesSource,
  keepTokens,
  openTokenFolder,
  openTokens,
  prepareData,
  tokenPaths,
  unknownTokenizer,
  vocabularyOf,
} from "../src/node/index.js";
import { folder, rejection } from "./helpers.js";

const golden = join(import.meta.dirname, "golden", "packed");
const ids = Array.from({ length: 100 }, (_, i) => (i * i * 37 + 11) % 32000);
const files = (path: string) =>
  Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name)).toString("hex")]));
const only = (begin: string) =>
  folder(
    Object.fromEntries(
      readdirSync(golden).flatMap((name) => (name.startsWith(begin) ? [[name, readFileSync(join(golden, name))]] : [])),
    ),
  );

const options = { chunk: 64, pad: 0, tokenizer: unknownTokenizer };
async function exported(from: string, name: string, more: Pick<ExportOptions, "format"> & Partial<ExportOptions>) {
  const to = folder();
  const tokens = await openTokens(from);
  try {
    return { to, ...(await exportTokens(tokens, to, name, { ...options, ...more })) };
  } finally {
    tokens.close();
  }
}

test.each([
  ["narrow", "litgpt", "u16", 128],
  ["wide", "litgpt", "i32", 128],
  ["nano", "nanogpt", "u16", 100],
] as const)("%s is read", async (name, format, dtype, length) => {
  const tokens = await openTokens(name === "nano" ? join(golden, "nano.bin") : only(name));
  expect([tokens.format, tokens.dtype, tokens.length]).toEqual([format, dtype, length]);
  expect([...tokens.read(0, 100)]).toEqual(ids);
  expect([...tokens.read(60, 10)]).toEqual(ids.slice(60, 70));
  expect(vocabularyOf(tokens)).toBe(ids.reduce((most, id) => Math.max(most, id), 0) + 1);
  tokens.close();
});

test("litgpt's files are written as its builder writes them", async () => {
  const nano = join(golden, "nano.bin");
  const narrow = await exported(nano, "narrow", { format: "litgpt", pad: 2 });
  expect([files(narrow.to), narrow.padded]).toEqual([files(only("narrow")), 28]);
  const error = await rejection(exported(nano, "x", { format: "litgpt", pad: 32_000 }));
  expect([error.code, error.details.got]).toEqual(["E_TOKEN_ID", "32000"]);
  const wide = await exported(nano, "wide", { format: "litgpt", vocabSize: 65_500 });
  expect(files(wide.to)).toEqual(files(only("wide")));
});

test("nanoGPT's file is written as its own, and not for ids it has no room for", async () => {
  const nano = join(golden, "nano.bin");
  const ours = await exported(nano, "train", { format: "cambium" });
  const back = await exported(join(ours.to, "train.tokens"), "nano", { format: "nanogpt" });
  expect(files(back.to)["nano.bin"]).toBe(readFileSync(nano).toString("hex"));
  const error = await rejection(exported(nano, "x", { format: "nanogpt", vocabSize: 70_000 }));
  expect([error.code, error.details.hint]).toEqual(["E_TOKEN_ID", "--format litgpt"]);
});

describe("not a token file:", () => {
  test.each<[string, Buffer, RegExp]>([
    ["an odd number of bytes", Buffer.from("abc"), /two bytes/],
    ["a header cut short", Buffer.from("LITPKDS\x01\0\0"), /header of 24/],
    ["another version", Buffer.concat([Buffer.from("LITPKDS\x02"), Buffer.alloc(16)]), /version 1/],
    [
      "floats",
      Buffer.concat([Buffer.from("LITPKDS\x01"), Buffer.alloc(7), Buffer.from([6]), Buffer.alloc(8)]),
      /integers/,
    ],
  ])("%s", async (_, bytes, words) => {
    const error = await rejection(openTokens(join(folder({ "a.bin": bytes }), "a.bin")));
    expect([error.code, error.format()]).toEqual(["E_TOKEN_FILE", expect.stringMatching(words)]);
  });

  test.each<[string, string, string | Buffer, RegExp]>([
    ["a text", "novel.bin", "It was the best of times, it was the worst of times. ".repeat(4), /got: text/],
    ["a text of another script", "roman.bin", "Все счастливые семьи похожи друг на друга. ".repeat(4), /got: text/],
    [
      "a checkpoint of PyTorch",
      "pytorch_model.bin",
      Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(60)]),
      /zip/,
    ],
    ["another ending", "weights.dat", Buffer.alloc(64), /ends in .bin/],
  ])("%s", async (_, name, bytes, words) => {
    const error = await rejection(openTokens(join(folder({ [name]: bytes }), name)));
    expect([error.code, error.format()]).toEqual(["E_TOKEN_FILE", expect.stringMatching(words)]);
  });

  test("files of two kinds in one folder", async () => {
    const error = await rejection(openTokens(golden));
    expect(error.format()).toMatch(/different kinds/);
  });
});

test("a folder of tokens stands for a corpus, with the tokenizer they were made by", async () => {
  const root = folder({ "a.txt": "one", "b.txt": "two", "c.txt": "three" });
  const source = await filesSource(root);
  const made = await prepareData({
    source,
    tokenizer: bytesTokenizer(),
    heldOutFraction: 0.3,
    seed: 0,
    cacheDir: folder(),
  });
  const to = folder();
  for (const _ of ["first", "again"]) await keepTokens(made, to);
  expect(readdirSync(to)).toEqual(["held-out.tokens", "train.tokens"]);
  made.close();
  const opened = await openTokenFolder(to, bytesTokenizer(), folder());
  expect([opened.stats.train, opened.stats.heldOut]).toEqual([made.stats.train, made.stats.heldOut]);
  opened.close();
  expect(readFileSync(tokenPaths(to).train).equals(readFileSync(made.train.path))).toBe(true);
  const error = await rejection(openTokenFolder(to, bytesTokenizer({ eosId: 0 }), folder()));
  expect([error.code, error.details.reasons?.length]).toEqual(["E_TOKEN_FILE", 2]);
  // An id that was changed leaves header and length as they were, and perhaps the times; the index of documents alike.
  const { train, heldOut } = tokenPaths(to);
  const cache = folder();
  for (const [path, at] of [
    [train, 4096],
    [heldOut, 4096],
    [train, -1],
  ] as const) {
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.with(at < 0 ? bytes.length + at : at, (bytes.at(at) as number) ^ 1));
    utimesSync(path, 1, 1);
    const damage = await rejection(openTokenFolder(to, bytesTokenizer(), cache));
    expect([damage.code, damage.details.where]).toEqual(["E_TOKEN_FILE", expect.stringContaining(path)]);
    writeFileSync(path, bytes);
    (await openTokenFolder(to, bytesTokenizer(), cache)).close();
  }
});
