// Preparations that continue: after a stop, after a shard was repaired, in threads. They end with the bytes of an
// undisturbed one.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesTokenizer } from "../src/index.js";
import { filesSource, loadTokenizer, type PrepareOptions, prepareData, type Source } from "../src/node/index.js";
import { encoderOf } from "../src/node/prepare/threads.js";
import { folder, rejection } from "./helpers.js";

/** About `chars` characters of documents, as JSON lines. */
function shard(number: number, chars: number): string {
  const lines: string[] = [];
  for (let size = 0, i = 0; size < chars; i++) {
    const text = `${number} and ${i}: ${"the white whale and the sea, ".repeat(1 + ((7 * i) % 90))}`;
    size += text.length;
    lines.push(JSON.stringify({ text }));
  }
  return `${lines.join("\n")}\n`;
}

const names = ["a.jsonl", "b.jsonl", "c.jsonl"];
const shards = (chars: number) => Object.fromEntries(names.map((name, i) => [name, shard(i, chars)]));

/** The places from which `source` was read. */
function watched(source: Source, seen: (string | number)[][], stopAfter = Number.POSITIVE_INFINITY, stop = () => {}) {
  const passages: Source["passages"] = async function* (from) {
    seen.push(from ? [from.file, from.passages] : []);
    let count = 0;
    for await (const passage of source.passages(from)) {
      if (++count === stopAfter) stop();
      yield passage;
    }
  };
  return { ...source, passages };
}

async function made(source: Source, options: Partial<PrepareOptions> = {}) {
  const base = { source, tokenizer: bytesTokenizer(), heldOutFraction: 0.2, seed: 1, cacheDir: folder() };
  const data = await prepareData({ ...base, ...options });
  const bytes = [data.train, data.heldOut].map(({ path }) => readFileSync(path).toString("latin1"));
  data.close();
  return bytes;
}

describe("a preparation that was stopped", () => {
  test.each([1, 240])("after %i passages continues where it was", async (stopAfter) => {
    const source = await filesSource(folder(shards(200_000)));
    const expected = await made(source);
    const cacheDir = folder();
    const controller = new AbortController();
    const places: (string | number)[][] = [];
    const stopping = watched(source, places, stopAfter, () => controller.abort(new Error("enough")));
    const options = { cacheDir, saveSeconds: 0 };
    await expect(made(stopping, { ...options, signal: controller.signal })).rejects.toThrow("enough");
    expect(await made(watched(source, places), options)).toEqual(expected);
    expect(readdirSync(cacheDir).filter((name) => name.startsWith("."))).toEqual([]);
    // The first batch is about 25 documents long.
    if (stopAfter > 100) expect(places[1]?.[1]).toBeGreaterThan(0);
  });

  test("continues where it was with nothing held out", async () => {
    const source = await filesSource(folder(shards(200_000)));
    const controller = new AbortController();
    const places: (string | number)[][] = [];
    const options = { heldOutFraction: 0, cacheDir: folder(), saveSeconds: 0 };
    const stopping = watched(source, places, 240, () => controller.abort(new Error("enough")));
    await expect(made(stopping, { ...options, signal: controller.signal })).rejects.toThrow("enough");
    const after = await made(watched(source, places), options);
    expect(places[1]?.[1]).toBeGreaterThan(0);
    expect(after).toEqual(await made(source, { heldOutFraction: 0 }));
  });

  test("begins again when the text it had read has changed", async () => {
    const root = folder(shards(200_000));
    const cacheDir = folder();
    const controller = new AbortController();
    const stopping = watched(await filesSource(root), [], 300, () => controller.abort(new Error("enough")));
    const options = { cacheDir, saveSeconds: 0 };
    await expect(made(stopping, { ...options, signal: controller.signal })).rejects.toThrow("enough");
    writeFileSync(join(root, "a.jsonl"), shard(7, 200_000));
    const places: (string | number)[][] = [];
    const after = await made(watched(await filesSource(root), places), options);
    expect(places).toEqual([[0, 0]]);
    expect(after).toEqual(await made(await filesSource(root)));
  });
});

test("a repaired shard is read again, those before it are not", async () => {
  const files = shards(1_100_000);
  const sound = files["b.jsonl"] as string;
  const root = folder({ ...files, "b.jsonl": `${sound.slice(0, 900_000)}\n${sound}` });
  const cacheDir = folder();
  const error = await rejection(made(await filesSource(root), { cacheDir, saveSeconds: 0 }));
  expect([error.code, error.details.where]).toEqual(["E_JSONL_SYNTAX", expect.stringMatching(/b\.jsonl:\d+$/)]);
  writeFileSync(join(root, "b.jsonl"), sound);
  const places: (string | number)[][] = [];
  const after = await made(watched(await filesSource(root), places), { cacheDir });
  expect(places).toEqual([[1, 0]]);
  expect(after).toEqual(await made(await filesSource(root)));
});

describe("threads", () => {
  const golden = join(import.meta.dirname, "golden");

  test.each(["llama-2", "byte-level"])("tokenize to the same bytes: %s", async (name) => {
    const tokenizer = await loadTokenizer(name, golden);
    const source = await filesSource(folder(shards(60_000)));
    expect(await made(source, { tokenizer, threads: 2 })).toEqual(await made(source, { tokenizer, threads: 0 }));
  });

  test("refuse what the tokenizer refuses", async () => {
    const tokenizer = await loadTokenizer("no-unknown", golden);
    const source = await filesSource(folder(shards(10_000)));
    const [there, here] = [1, 0].map((threads) => rejection(made(source, { tokenizer, threads })));
    expect((await there)?.format()).toBe((await here)?.format());
    expect((await there)?.code).toBe("E_TOKENIZER_UNKNOWN");
  });

  test("one that cannot open its tokenizer says why, whenever it is asked", async () => {
    const broken = { name: "broken", tokenizer: { path: "tokenizer.json", text: "{" } };
    const portable = { kind: "hugging-face", files: broken, special: {} } as const;
    await using encoder = encoderOf({ ...bytesTokenizer(), portable }, 1);
    const texts = [{ document: "a", text: "a" }];
    const asked = [1, 2, 3].map(() => rejection(encoder.encode(texts)));
    for (const { code } of await Promise.all(asked)) expect(code).toBe("E_TOKENIZER");
    expect((await rejection(encoder.encode(texts))).code).toBe("E_TOKENIZER");
  });

  test("that refuse a text refuse it again in the next run, and save nothing after it", async () => {
    const texts = Array.from({ length: 90 }, (_, i) => `${i === 45 ? "é" : ""}${"abc ".repeat(4000 + i)}`);
    const model = { type: "BPE", vocab: { a: 0, b: 1, c: 2 }, merges: [] };
    const root = folder({
      "a.jsonl": texts.map((text) => `${JSON.stringify({ text })}\n`).join(""),
      "tokenizer.json": JSON.stringify({ model, pre_tokenizer: { type: "WhitespaceSplit" } }),
    });
    const tokenizer = await loadTokenizer("tokenizer.json", root);
    const source = await filesSource(join(root, "a.jsonl"));
    const options = { tokenizer, threads: 1, cacheDir: folder(), saveSeconds: 0 };
    for (const run of [1, 2]) {
      const error = await rejection(made(source, options));
      expect([run, error.code]).toEqual([run, "E_TOKENIZER_UNKNOWN"]);
      expect(error.details.where).toBe(`a.jsonl:46, with ${join(root, "tokenizer.json")}`);
    }
  });
});
