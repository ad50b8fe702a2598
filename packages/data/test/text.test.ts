// Decoding and cutting of text that comes in chunks.
import { join } from "node:path";
import { CambiumError } from "@cambium/ir";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesTokenizer } from "../src/index.js";
import { openSource, type Passage } from "../src/node/index.js";
import { encodeAll } from "../src/node/prepare/encoded.js";
import { documentPieces, TextCutter } from "../src/node/source/cut.js";
import { PASSAGE_CHARS } from "../src/node/source/source.js";
import { Utf8Stream } from "../src/node/source/utf8.js";
import { error, folder } from "./helpers.js";

/** `bytes` cut at random into chunks. */
function chunked(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

function decodeAll(chunks: readonly Uint8Array[], invalid: "error" | "replace"): string {
  const stream = new Utf8Stream("file", invalid);
  // The reader reuses its memory, so the stream must keep a copy.
  const texts = chunks.map((chunk) => {
    const memory = Uint8Array.from(chunk);
    const text = stream.push(memory);
    memory.fill(0xff);
    return text;
  });
  return texts.join("") + stream.end();
}

const text = fc.string({ unit: "binary", maxLength: 60 });
const cuts = fc.array(fc.nat(), { maxLength: 8 });

describe("UTF-8 in chunks", () => {
  test("is the text, wherever it is cut", () => {
    fc.assert(
      fc.property(text, cuts, (original, at) => {
        const bytes = Buffer.from(original, "utf8");
        const decoded = decodeAll(chunked(bytes, at), "error");
        expect(decoded).toBe(bytes.toString("utf8").replace(/^\uFEFF/, ""));
      }),
    );
  });

  test("names the first byte that is not UTF-8", () => {
    // Bad starts: a lone continuation, an overlong form, a surrogate, beyond U+10FFFF, no byte of UTF-8, one cut short.
    const faults = [[0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff], [0xe2, 0x82]];
    fc.assert(
      fc.property(text, fc.constantFrom(...faults), fc.constantFrom("", "after"), cuts, (before, fault, after, at) => {
        const head = Buffer.from(before, "utf8");
        const bytes = Buffer.concat([head, Buffer.from(fault), Buffer.from(after)]);
        const { code, details } = error(() => decodeAll(chunked(bytes, at), "error"));
        expect([code, details.where]).toEqual(["E_UTF8", `file, byte ${head.length}`]);
      }),
    );
  });

  test("substitutes U+FFFD as the platform's decoder does, if requested", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), cuts, (bytes, at) => {
        expect(decodeAll(chunked(bytes, at), "replace")).toBe(new TextDecoder().decode(bytes));
      }),
    );
  });

  test("drops a byte order mark at the front only", () => {
    expect(decodeAll([Buffer.from("\uFEFFa\uFEFFb")], "error")).toBe("a\uFEFFb");
  });
});

describe("cutting", () => {
  const words = fc.string({ unit: fc.constantFrom("a", "b", " ", "\n", "\n\n", "\r\n", "🐋", "é"), maxLength: 200 });

  test("loses nothing, keeps to the length, and does not depend on the chunks", () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 2, max: 40 }), cuts, (all, max, at) => {
        const whole = new TextCutter(max);
        const pieces = [...whole.push(all), whole.end()];
        expect(pieces.join("")).toBe(all);
        for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(max);
        // No piece but the last is short, and none ends within a pair.
        for (const piece of pieces.slice(0, -1)) expect(piece.length).toBeGreaterThanOrEqual(Math.floor(max / 2));
        for (const piece of pieces) expect(piece).not.toMatch(/\p{Surrogate}/u);
        const parts = new TextCutter(max);
        const ends = [...at.map((cut) => cut % (all.length + 1)).sort((a, b) => a - b), all.length];
        const again = ends.flatMap((end, i) => parts.push(all.slice(ends[i - 1] ?? 0, end)));
        expect([...again, parts.end()]).toEqual(pieces);
      }),
    );
  });

  test.each([
    ["a paragraph", "one two three\n\nfour five\nsix seven", "one two three\n\n"],
    ["a paragraph with CRLF", "one two three\r\n\r\nfour five six", "one two three\r\n\r\n"],
    ["else a line", "one two three four\nfive six seven", "one two three four\n"],
    ["else a word", "one two three four five six seven", "one two three four "],
    ["else anywhere", "onetwothreefourfivesixseven", "onetwothreefourfives"],
  ])("prefers %s", (_, all, first) => {
    expect(new TextCutter(20).push(all)[0]).toBe(first);
  });

  test("of a long document makes passages of bounded length, the last marked", () => {
    const passages = [...documentPieces("d", "word ".repeat(PASSAGE_CHARS / 2))];
    expect(passages.length).toBeGreaterThan(2);
    expect(passages.map((passage) => passage.last)).toEqual(passages.map((_, i) => i === passages.length - 1));
    expect([...documentPieces("d", "")]).toEqual([]);
  });
});

test.each([
  ["a long text file", "a.txt", (text: string) => text, "file"],
  ["blocks of a text file", "a.txt", (text: string) => text, "block"],
  ["a text in JSONL", "a.jsonl", (text: string) => JSON.stringify({ text }), "file"],
] as const)("passages of %s say where they begin", async (_, name, written, documents) => {
  const whole = "Some words, and more of them.\n".repeat(10_000);
  const path = join(folder({ [name]: written(whole) }), name);
  const source = await openSource({ kind: "files", path, documents }, ".");
  const passages: Passage[] = [];
  for await (const passage of source.passages()) passages.push(passage);
  expect(passages.length).toBeGreaterThan(1);
  for (const { text, start = 0 } of passages) expect(whole.slice(start, start + text.length)).toBe(text);
  expect(passages.map(({ text }) => text).join("")).toBe(whole);
});

test("a refused text is named with its place in the document", () => {
  const tokenizer = {
    ...bytesTokenizer(),
    encode: (_: string, start = 0): Int32Array => {
      throw new CambiumError("E_TOKENIZER", "refused", { where: "tokenizer.json", got: `at ${start + 1}` });
    },
  };
  const texts = [{ document: "a.txt", text: "xyz", start: 700 }];
  expect(error(() => encodeAll(tokenizer, texts)).details).toMatchObject({
    where: "a.txt, with tokenizer.json",
    got: "at 701",
  });
});
