// Shards as data sets have them: compressed by zstd, Parquet, selected by a field; and damaged shards, whose error
// names the byte. The files are Python's (tools/golden/shards.py).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CambiumError } from "@cambium/ir";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesTokenizer } from "../src/index.js";
import { type FilesOptions, filesSource, prepareData } from "../src/node/index.js";
import { ZstdFrames } from "../src/node/source/zstd-frames.js";
import { Unzstd, unzstd, zstdLibrary } from "../src/node/source/zstd-library.js";
import { documentsOf, folder, passagesOf, rejection } from "./helpers.js";

const golden = join(import.meta.dirname, "golden", "shards");
const file = (name: string) => readFileSync(join(golden, name));
const source = (name: string, options: FilesOptions = {}) => filesSource(join(golden, name), options);
const texts = async (name: string, options: FilesOptions = {}) => [
  ...(await documentsOf(await source(name, options))).values(),
];
const documents = [0, 1, 2, 3, 5, 6, 7, 8].map((i) => `document ${i} é🐋`);

test.each(["snappy.parquet", "zstd.parquet", "lines.jsonl.zst"])("%s has the documents", async (name) => {
  expect(await texts(name)).toEqual(documents);
});

test("a zstd file of many blocks is decompressed whole", async () => {
  const whole = Array.from({ length: 40_000 }, (_, i) => `${i % 977} and the whale. `).join("");
  expect((await texts("long.txt.zst")).join("")).toBe(whole);
});

test("the library for zstd without Node's gives the same in pieces, and recognises complete frames", async () => {
  const library = await zstdLibrary();
  const packed = file("long.txt.zst");
  const whole = await texts("long.txt.zst").then((parts) => Buffer.from(parts.join("")));
  expect(Buffer.from(unzstd(library, packed, whole.length)).equals(whole)).toBe(true);
  for (const wrong of [whole.length - 1, whole.length + 1])
    expect(() => unzstd(library, packed, wrong)).toThrow(`${wrong}`);
  using unpack = new Unzstd(library);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < packed.length; at += 777) {
    for (const part of unpack.push(packed.subarray(at, at + 777))) parts.push(part);
    expect(unpack.ended).toBe(at + 777 >= packed.length);
  }
  expect(Buffer.concat(parts).equals(whole)).toBe(true);
});

test.each(["snappy.parquet", "lines.jsonl.zst"])("%s: only documents whose field has a value", async (name) => {
  const wikipedia = { "meta.redpajama_set_name": ["RedPajamaWikipedia"] };
  expect(await texts(name, { only: wikipedia })).toEqual([1, 3, 5, 7].map((i) => `document ${i} é🐋`));
  expect(await texts(name, { only: { ...wikipedia, n: ["3", "5", "6"] } })).toEqual([
    "document 3 é🐋",
    "document 5 é🐋",
  ]);
  const mistaken = rejection(source(name, { only: { "meta.set": ["x"] } }).then(passagesOf));
  expect((await mistaken).code).toMatch(/^E_(CORPUS|JSONL)_FIELD$/);
});

test("plain text has no fields to choose by", async () => {
  expect((await rejection(source("long.txt.zst", { only: { set: ["x"] } }))).code).toBe("E_OPTION");
});

describe("damage", () => {
  const prepare = async (files: Record<string, Uint8Array>, options: FilesOptions = {}) => {
    const root = folder(files);
    const [name = ""] = Object.keys(files);
    const corpus = await filesSource(Object.keys(files).length === 1 ? join(root, name) : root, options);
    const cacheDir = folder();
    return prepareData({ source: corpus, tokenizer: bytesTokenizer(), heldOutFraction: 0.2, seed: 1, cacheDir });
  };
  const lines = file("lines.jsonl.zst");
  const where = (error: { details: { where?: string } }) => error.details.where?.replace(/^.*\//, "");

  test("truncated frames are all named before a token is made", async () => {
    const one = await rejection(prepare({ "a.jsonl.zst": lines.subarray(0, -3) }));
    expect([one.code, where(one)]).toEqual(["E_CORPUS_FORMAT", `a.jsonl.zst, byte ${lines.length - 3}`]);
    expect(one.details.expected).toMatch(/begins at byte \d+/);
    const cut = { "a.jsonl.zst": lines, "b.jsonl.zst": lines.subarray(0, 50), "c.jsonl.zst": lines.subarray(0, 60) };
    const many = await rejection(prepare(cut));
    expect(many.details.reasons?.map(({ where }) => where?.replace(/^.*\//, ""))).toEqual([
      "b.jsonl.zst, byte 50",
      "c.jsonl.zst, byte 60",
    ]);
  });

  test("a changed byte of a zstd file is noticed wherever it is, unless the content is the same", async () => {
    const contents = async (bytes: Uint8Array) => {
      const data = await prepare({ "a.jsonl.zst": bytes });
      const sides = [data.train, data.heldOut].map((side) => side.read(0, side.length));
      data.close();
      return sides;
    };
    const intact = await contents(lines);
    const skipped = lines.indexOf(Buffer.from("502a4d18", "hex"));
    await fc.assert(
      fc.asyncProperty(fc.nat(lines.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        // A skippable frame has no checksum.
        fc.pre(at < skipped || at >= skipped + 11);
        const bytes = Buffer.from(lines);
        bytes[at] = (bytes[at] as number) ^ change;
        const outcome = await contents(bytes).catch((error: unknown) => error);
        if (!(outcome instanceof CambiumError)) expect(outcome).toEqual(intact);
      }),
      // The examples are other encodings of the same content: the descriptor's unused bit, and bits of two blocks.
      {
        numRuns: 60,
        examples: [
          [4, 16],
          [16, 128],
          [107, 124],
        ],
      },
    );
  });

  test("frames are followed however the file is cut into chunks", () => {
    const frames = new ZstdFrames("a");
    for (const byte of lines) for (const _ of frames.pieces(Uint8Array.of(byte)));
    frames.end();
  });

  test("a table from which a decoder can read for ever without consuming a byte is damage", async () => {
    // Literals coded by a table of one symbol, which takes no bits.
    const endless = Buffer.from("28b52ffd20084d000082400104f003558000", "hex");
    const error = await rejection(prepare({ "a.txt.zst": endless }));
    expect([error.code, where(error)]).toEqual(["E_CORPUS_FORMAT", "a.txt.zst, byte 0"]);
    const library = await zstdLibrary();
    expect(() => unzstd(library, endless, 8)).toThrow();
  });

  test("a window that takes gigabytes is refused", async () => {
    const header = Buffer.from("28b52ffd00a8010000", "hex");
    const error = await rejection(prepare({ "a.txt.zst": header }));
    expect([error.code, error.details.got]).toEqual(["E_CORPUS_FORMAT", `${2 ** 31} bytes`]);
  });

  test("a Parquet file that is truncated, or lacks the column, is named before a token is made", async () => {
    const table = file("snappy.parquet");
    const cut = await rejection(prepare({ "a.parquet": table, "b.parquet": table.subarray(0, 900) }));
    expect([cut.code, where(cut)]).toEqual(["E_CORPUS_FORMAT", "b.parquet, footer, before byte 900"]);
    const lacking = await rejection(prepare({ "a.parquet": table }, { field: "content" }));
    expect([lacking.code, where(lacking)]).toEqual(["E_CORPUS_FIELD", "a.parquet"]);
    expect(lacking.details.hint).toContain('"text"');
  });

  test("a column that the schema does not have is refused before a page is read", async () => {
    const table = Buffer.from(file("snappy.parquet"));
    table.write("x", table.lastIndexOf("redpajama_set_name"));
    const error = await rejection(prepare({ "a.parquet": table }));
    expect([error.code, error.details.got]).toEqual(["E_CORPUS_FORMAT", expect.stringContaining("not in the schema")]);
  });

  test("a page that was changed is named by rows and byte", async () => {
    const table = Buffer.from(file("zstd.parquet"));
    const magic = Buffer.from("28b52ffd", "hex");
    for (let at = table.indexOf(magic); at >= 0; at = table.indexOf(magic)) table.fill(0x55, at, at + 4);
    const error = await rejection(prepare({ "a.parquet": table }));
    expect([error.code, where(error)]).toEqual([
      "E_CORPUS_FORMAT",
      expect.stringMatching(/^a\.parquet, rows \d+ to \d+, byte \d+$/),
    ]);
  });
});
