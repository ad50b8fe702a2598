// Preparation: what is in the token files, which documents are held out, and that it is made once.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { bytesTokenizer } from "../src/index.js";
import {
  filesSource,
  type PreparedData,
  type PrepareOptions,
  type Progress,
  prepareData,
  type Source,
  type TokenFile,
} from "../src/node/index.js";
import { folder, rejection } from "./helpers.js";

const tokenizer = bytesTokenizer();

/** The documents of a token file, as text. */
function texts(file: TokenFile): string[] {
  return Array.from({ length: file.header.documents }, (_, i) => {
    const { start, end } = file.document(i);
    return tokenizer.decode(file.read(start, end - start));
  });
}

async function prepare(source: Source, options: Partial<PrepareOptions> = {}): Promise<PreparedData> {
  const base = { source, tokenizer, heldOutFraction: 0.1, seed: 1, cacheDir: options.cacheDir ?? folder() };
  const data = await prepareData({ ...base, ...options });
  onTestFinished(() => data.close());
  return data;
}

async function jsonl(documents: readonly string[]): Promise<Source> {
  const lines = documents.map((text) => JSON.stringify({ text })).join("\n");
  return filesSource(join(folder({ "a.jsonl": lines }), "a.jsonl"));
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `document ${i}, `);

describe("the split", () => {
  test("puts every document on one side, in order, and equal ones on the same", async () => {
    const list = fc.array(fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom("a", "b", "é") }), {
      minLength: 1,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(
        list,
        fc.double({ min: 0.001, max: 0.99, noNaN: true }),
        fc.nat(),
        async (documents, heldOutFraction, seed) => {
          const source = await jsonl(documents);
          const [first = ""] = documents;
          if (documents.length === 1 && first.length > 1) {
            const { train, heldOut } = await prepare(source, { heldOutFraction, seed });
            expect([...texts(train), ...texts(heldOut)].join("")).toBe(first);
            return;
          }
          if (new Set(documents).size === 1) {
            expect((await rejection(prepare(source, { heldOutFraction, seed }))).code).toBe("E_SPLIT");
            return;
          }
          const { train, heldOut } = await prepare(source, { heldOutFraction, seed });
          const held = new Set(texts(heldOut));
          expect(texts(train)).toEqual(documents.filter((text) => !held.has(text)));
          expect(texts(heldOut)).toEqual(documents.filter((text) => held.has(text)));
          expect(train.length * heldOut.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("holds out the requested share, and the documents that the rule says", async () => {
    const source = await jsonl(numbered(4000));
    const score = (text: string) => createHash("sha256").update(`cambium split 1\0${text}`).digest().readUIntBE(0, 6);
    for (const fraction of [0.01, 0.1, 0.5]) {
      const { heldOut } = await prepare(source, { heldOutFraction: fraction });
      expect(texts(heldOut)).toEqual(numbered(4000).filter((text) => score(text) < fraction * 2 ** 48));
      // Binomial; 5 standard deviations.
      const margin = 5 * Math.sqrt(4000 * fraction * (1 - fraction));
      expect(Math.abs(heldOut.header.documents - 4000 * fraction)).toBeLessThan(margin);
    }
  });

  test("moves no document when others are added, or the order changes", async () => {
    const few = numbered(200);
    const one = await prepare(await jsonl(few));
    const more = await prepare(await jsonl([...numbered(400).slice(200), ...few.toReversed()]));
    const held = new Set(texts(more.heldOut));
    expect(new Set(texts(one.heldOut))).toEqual(new Set(few.filter((text) => held.has(text))));
  });

  test("is another for another seed, and none at all for 0", async () => {
    const source = await jsonl(numbered(100));
    const [a, b] = [await prepare(source, { seed: 1 }), await prepare(source, { seed: 2 })];
    expect(texts(a.heldOut)).not.toEqual(texts(b.heldOut));
    const all = await prepare(source, { heldOutFraction: 0 });
    expect([all.train.header.documents, all.heldOut.length]).toEqual([100, 0]);
  });

  test("keeps a single text in blocks", async () => {
    const text = Array.from({ length: 300 }, (_, i) => `${i} ${"word ".repeat(40)}\n\n`).join("");
    const source = await filesSource(join(folder({ "a.txt": text }), "a.txt"), { blockChars: 1000 });
    const { train, heldOut, stats } = await prepare(source);
    expect(train.length + heldOut.length).toBe(text.length);
    expect(stats.heldOut.documents).toBeGreaterThan(0);
    expect(stats.train.textBytes + stats.heldOut.textBytes).toBe(text.length);
    for (const held of texts(heldOut)) expect(texts(train)).not.toContain(held);
  });
});

describe("the tokens", () => {
  test("have the end of text after each text, not after each block or passage", async () => {
    const text = `${"a".repeat(30)}\n\n${"b".repeat(30)}\n\n${"c".repeat(30)}`;
    const root = folder({ "a.txt": text, "b.txt": "short" });
    const ends = async (source: Source) => {
      const { train } = await prepare(source, { heldOutFraction: 0, tokenizer: bytesTokenizer({ eosId: 256 }) });
      return [
        train.header.vocabSize,
        Array.from(train.read(0, train.length)).flatMap((id, i) => (id === 256 ? [i] : [])),
      ];
    };
    expect(await ends(await filesSource(root))).toEqual([257, [94, 100]]);
    expect(await ends(await filesSource(join(root, "a.txt"), { blockChars: 40 }))).toEqual([257, [94]]);
  });
});

describe("the cache", () => {
  const options = (cacheDir: string) => ({ cacheDir, heldOutFraction: 0.2 });

  test("is found again, by content, wherever the files are", async () => {
    const cacheDir = folder();
    const [first, second] = [
      folder({ "a/x.txt": "A", "y.txt": "B", "z.txt": "C" }),
      folder({ "1.txt": "A", "2.txt": "B", "3.txt": "C" }),
    ];
    const one = await prepare(await filesSource(first), options(cacheDir));
    const two = await prepare(await filesSource(second), options(cacheDir));
    expect([one.stats.cached, two.stats.cached]).toEqual([false, true]);
    expect(two.stats).toEqual({ ...one.stats, cached: true });
  });

  test("is not found for another text, tokenizer, seed or fraction", async () => {
    const cacheDir = folder();
    const source = await jsonl(numbered(50));
    const keys = new Set<string>();
    const variants: Partial<PrepareOptions>[] = [
      {},
      { seed: 2 },
      { heldOutFraction: 0.3 },
      { tokenizer: bytesTokenizer({ eosId: 0 }) },
      { source: await jsonl(numbered(51)) },
    ];
    for (const variant of variants) {
      const { stats } = await prepare(source, { cacheDir, ...variant });
      expect(stats.cached).toBe(false);
      keys.add(stats.content);
    }
    expect(keys.size).toBe(variants.length);
  });

  test("caches the fingerprint of unchanged files, and notices changes", async () => {
    const cacheDir = folder();
    const root = folder({ "a.txt": "A", "b.txt": "B" });
    // Only files older than the clock's resolution are trusted by their times.
    const old = await filesSource(root);
    const aged: Source = { ...old, state: async () => ({ ...(await old.state()), changedAt: Date.now() - 60_000 }) };
    let hashed = 0;
    const fingerprint: Source["fingerprint"] = (onBytes) => {
      hashed++;
      return aged.fingerprint(onBytes);
    };
    const counting: Source = { ...aged, fingerprint };
    await prepare(counting, options(cacheDir));
    expect((await prepare(counting, options(cacheDir))).stats.cached).toBe(true);
    expect(hashed).toBe(1);
    writeFileSync(join(root, "b.txt"), "C");
    utimesSync(join(root, "b.txt"), 1, 1);
    expect((await prepare(counting, options(cacheDir))).stats.cached).toBe(false);
    expect(hashed).toBe(2);
  });

  test("that is damaged, or half gone, is made again", async () => {
    const cacheDir = folder();
    const source = await jsonl(numbered(30));
    const { train, heldOut } = await prepare(source, options(cacheDir));
    const before = texts(train);
    truncateSync(train.path, statSync(train.path).size - 1);
    const again = await prepare(source, options(cacheDir));
    expect([again.stats.cached, texts(again.train)]).toEqual([false, before]);
    rmSync(heldOut.path);
    expect((await prepare(source, options(cacheDir))).stats.cached).toBe(false);
    expect((await prepare(source, options(cacheDir))).stats.cached).toBe(true);
  });

  test.each(["an id of the training file", "the end of a document"])(
    "whose bytes were changed, times and length kept, is made again: %s",
    async (what) => {
      const cacheDir = folder();
      const source = await jsonl(numbered(30));
      const { train } = await prepare(source, options(cacheDir));
      const before = texts(train);
      // Known to be sound by now, as in a cache that has been used.
      const old = new Date(Date.now() - 10_000);
      utimesSync(train.path, old, old);
      await sleep(10);
      expect((await prepare(source, options(cacheDir))).stats.cached).toBe(true);
      const bytes = readFileSync(train.path);
      const at = what.startsWith("an id") ? 4096 + 2 * 7 : bytes.length - 8;
      writeFileSync(train.path, bytes.with(at, (bytes[at] as number) ^ 1));
      utimesSync(train.path, old, old);
      const again = await prepare(source, options(cacheDir));
      expect([again.stats.cached, texts(again.train)]).toEqual([false, before]);
    },
  );

  test("is read against its checksum once, not at every start", async () => {
    const cacheDir = folder();
    const source = await jsonl(numbered(30));
    const { train } = await prepare(source, options(cacheDir));
    await sleep(2600);
    const read = vi.spyOn(Object.getPrototypeOf(train), "verify");
    onTestFinished(() => read.mockRestore());
    for (let start = 0; start < 3; start++) await prepare(source, options(cacheDir));
    expect(read).toHaveBeenCalledTimes(2);
  });

  test("is filled once by many at once", async () => {
    const cacheDir = folder();
    const source = await jsonl(numbered(300));
    const all = await Promise.all(Array.from({ length: 6 }, () => prepare(source, options(cacheDir))));
    for (const data of all) {
      expect(texts(data.train)).toEqual(texts((all[0] as PreparedData).train));
      await data.train.verify();
    }
    expect(readdirSync(cacheDir).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("survives kills at any moment, and is the same in the end", async () => {
    const root = folder({
      "a.jsonl": numbered(20_000)
        .map((text) => JSON.stringify({ text }))
        .join("\n"),
    });
    const expected = await prepare(await filesSource(join(root, "a.jsonl")));
    const cacheDir = join(root, "cache");
    mkdirSync(cacheDir);
    for (const delay of [0, 15, 40, 80, 160]) {
      const child = startChild(join(root, "a.jsonl"), cacheDir);
      await once(child.stdout as NodeJS.ReadableStream, "data");
      await sleep(delay);
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    const data = await prepare(await filesSource(join(root, "a.jsonl")), { cacheDir });
    expect({ ...data.train.header, title: "" }).toEqual({ ...expected.train.header, title: "" });
    await data.train.verify();
    await data.heldOut.verify();
    // Another write to the same place clears what the killed ones left.
    rmSync(data.train.path);
    await prepare(await filesSource(join(root, "a.jsonl")), { cacheDir });
    expect(readdirSync(cacheDir).filter((name) => name.startsWith("."))).toEqual([]);
  });

  /** A process that says when it is about to prepare. */
  function startChild(path: string, cacheDir: string): ChildProcess {
    const index = (name: string) => JSON.stringify(join(import.meta.dirname, "../src", name));
    const rest = { heldOutFraction: 0.1, seed: 1, cacheDir };
    const code = `
      import { bytesTokenizer } from ${index("index.ts")};
      import { filesSource, prepareData } from ${index("node/index.ts")};
      const source = await filesSource(${JSON.stringify(path)});
      console.log("ready");
      await prepareData({ source, tokenizer: bytesTokenizer(), ...${JSON.stringify(rest)} });`;
    const args = ["--conditions", "@cambium/source", "--import", "tsx", "--input-type=module", "--eval", code];
    return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], cwd: import.meta.dirname });
  }
});

describe("the work", () => {
  test("says how far it is, to the end", async () => {
    const source = await jsonl(numbered(20_000));
    const seen: Progress[] = [];
    await prepare(source, { onProgress: (progress) => seen.push(progress) });
    const { bytes } = await source.state();
    expect(seen.at(-1)).toEqual({ phase: "tokenize", bytesDone: bytes, bytesTotal: bytes });
    const done = seen.filter((progress) => progress.phase === "tokenize").map((progress) => progress.bytesDone);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
  });

  test("stops at its signal, and leaves nothing", async () => {
    const cacheDir = folder();
    const controller = new AbortController();
    const source = await jsonl(numbered(20_000));
    const slow: Source = {
      ...source,
      async *passages() {
        for await (const passage of source.passages()) {
          if (passage.bytesRead > 100_000) controller.abort(new Error("enough"));
          yield passage;
        }
      },
    };
    await expect(prepare(slow, { cacheDir, signal: controller.signal })).rejects.toThrow("enough");
    expect(readdirSync(cacheDir)).toEqual([]);
  });

  test("ends with an error when the corpus changes under it", async () => {
    const root = folder({ "a.txt": "A", "b.txt": "B" });
    const source = await filesSource(root);
    const changing: Source = {
      ...source,
      async *passages() {
        yield* source.passages();
        writeFileSync(join(root, "b.txt"), "BB");
      },
    };
    expect((await rejection(prepare(changing))).code).toBe("E_CORPUS_CHANGED");
  });
});
