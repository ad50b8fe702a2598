// Token files: what is written is read, and what is damaged is refused.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TokenFile, type TokenFileInfo, writeTokenFile } from "../src/node/index.js";
import { error, folder, rejection } from "./helpers.js";

const hex = "0".repeat(64);
const info: TokenFileInfo = { title: "a test", content: hex, source: hex, tokenizer: hex, vocabSize: 256 };

async function write(path: string, documents: readonly (readonly number[])[], vocabSize = 256): Promise<void> {
  await writeTokenFile(path, { ...info, vocabSize }, async (writer) => {
    for (const ids of documents) {
      await writer.append(Int32Array.from(ids), ids.length);
      writer.endDocument();
    }
  });
}

describe("a token file", () => {
  test("gives any range, and the documents, as they were written", async () => {
    const vocabulary = fc.constantFrom(256, 65_536, 65_537, 2 ** 31);
    const content = vocabulary.chain((vocabSize) =>
      fc.record({
        vocabSize: fc.constant(vocabSize),
        documents: fc.array(fc.array(fc.integer({ min: 0, max: vocabSize - 1 }), { maxLength: 20 }), { maxLength: 6 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(content, fc.nat(), fc.nat(), async ({ vocabSize, documents }, a, b) => {
        const path = join(folder(), "x.tokens");
        await write(path, documents, vocabSize);
        using file = TokenFile.open(path);
        const all = documents.flat();
        expect([file.length, file.header.dtype]).toEqual([all.length, vocabSize > 65_536 ? "u32" : "u16"]);
        const [from, to] = [a % (all.length + 1), b % (all.length + 1)].sort((x, y) => x - y) as [number, number];
        expect([...file.read(from, to - from)]).toEqual(all.slice(from, to));
        let start = 0;
        for (const [i, ids] of documents.entries()) {
          expect(file.document(i)).toEqual({ start, end: start + ids.length });
          start += ids.length;
        }
        await file.verify();
      }),
      { numRuns: 40 },
    );
  });

  test("larger than the writer's buffer is whole", async () => {
    const path = join(folder(), "x.tokens");
    const ids = Array.from({ length: 300_001 }, (_, i) => (i * 7919) % 65_521);
    await write(path, [ids, ids], 65_521);
    using file = TokenFile.open(path);
    await file.verify();
    expect([...file.read(299_990, 22)]).toEqual([...ids.slice(299_990), ...ids.slice(0, 11)]);
    expect(file.document(1)).toEqual({ start: 300_001, end: 600_002 });
    // The layout is a format: it is written down in format.ts, and read here without it.
    const bytes = readFileSync(path);
    expect(bytes.toString("latin1", 0, 8)).toBe("CAMBTOKS");
    expect(bytes.readUInt16LE(4096 + 2 * 299_990)).toBe(ids[299_990]);
    expect(bytes.readBigUInt64LE(bytes.length - 8)).toBe(600_002n);
    expect(file.header.sha256).toBe(createHash("sha256").update(bytes.subarray(4096)).digest("hex"));
  });

  test("keeps a title that its header has room for", async () => {
    const path = join(folder(), "x.tokens");
    await writeTokenFile(path, { ...info, title: "\0".repeat(5000) }, async () => undefined);
    using file = TokenFile.open(path);
    expect([file.header.title, file.length]).toEqual(["\0".repeat(200), 0]);
  });

  test("is written into the memory it is given", async () => {
    const path = join(folder(), "x.tokens");
    await write(path, [[1, 2, 3, 4]]);
    using file = TokenFile.open(path);
    const into = new Int32Array(5);
    expect(file.read(1, 3, into, 1)).toBe(into);
    expect([...into]).toEqual([0, 2, 3, 4, 0]);
  });

  test("refuses ranges beyond its end, and reads after it was closed", async () => {
    const path = join(folder(), "x.tokens");
    await write(path, [[1, 2, 3, 4]]);
    const file = TokenFile.open(path);
    for (const [from, length] of [
      [0, 5],
      [4, 1],
      [-1, 2],
      [0.5, 1],
      [0, -1],
      [Number.NaN, 1],
    ] as const) {
      expect(error(() => file.read(from, length)).code).toBe("E_TOKEN_RANGE");
    }
    expect(error(() => file.document(1)).code).toBe("E_TOKEN_RANGE");
    file.close();
    file.close();
    expect(error(() => file.read(0, 1)).code).toBe("E_CLOSED");
  });

  test("takes no id outside the vocabulary, and leaves nothing when it fails", async () => {
    const root = folder();
    for (const id of [256, -1]) {
      expect((await rejection(write(join(root, "x.tokens"), [[1], [2, id]]))).code).toBe("E_TOKEN_ID");
    }
    expect(readdirSync(root)).toEqual([]);
  });
});

describe("a damaged token file", () => {
  const damage: [string, (path: string, bytes: Buffer) => void][] = [
    ["empty", (path) => truncateSync(path, 0)],
    ["cut in the header", (path) => truncateSync(path, 100)],
    ["cut in the tokens", (path) => truncateSync(path, 4100)],
    ["longer", (path, bytes) => writeFileSync(path, Buffer.concat([bytes, Buffer.from("x")]))],
    ["another file", (path) => writeFileSync(path, "text ".repeat(2000))],
    ["of another version", (path, bytes) => patch(path, bytes, 8, 2)],
    ["without a length", (path, bytes) => patch(path, bytes, 12, 0xffffffff)],
    ["with a header that is not JSON", (path, bytes) => patch(path, bytes, 20, 0)],
  ];
  test.each(damage)("%s is refused when it is opened", async (_, spoil) => {
    const path = join(folder(), "x.tokens");
    await write(path, [[1, 2, 3], [4]]);
    spoil(path, readFileSync(path));
    expect(error(() => TokenFile.open(path)).code).toBe("E_TOKEN_FILE");
  });

  test("shows in ids, in documents, and in the checksum", async () => {
    const path = join(folder(), "x.tokens");
    await write(path, [[1, 2, 3], [4]]);
    patch(path, readFileSync(path), 4096, 300);
    using file = TokenFile.open(path);
    expect(error(() => file.read(0, 2)).code).toBe("E_TOKEN_FILE");
    expect((await rejection(file.verify())).code).toBe("E_TOKEN_FILE");
    patch(path, readFileSync(path), 4096 + 8 + 8, 99);
    expect(error(() => file.document(1)).code).toBe("E_TOKEN_FILE");
  });

  test("with any byte of its header changed is read as before or refused", async () => {
    const path = join(folder(), "x.tokens");
    await write(path, [[1, 2, 3], [4]]);
    const sound = readFileSync(path);
    fc.assert(
      fc.property(fc.nat({ max: 500 }), fc.nat({ max: 255 }), (at, value) => {
        const bytes = Buffer.from(sound);
        bytes[at] = value;
        writeFileSync(path, bytes);
        try {
          TokenFile.open(path).close();
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: "E_TOKEN_FILE" });
        }
      }),
      { numRuns: 300 },
    );
  });

  function patch(path: string, bytes: Buffer, at: number, value: number): void {
    const changed = Buffer.from(bytes);
    changed.writeUInt32LE(value, at);
    writeFileSync(path, changed);
  }
});
