// Malicious headers: refused with a CambiumError, never a crash, a hang or a flood of output.
import { execFileSync } from "node:child_process";
import { mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SafetensorsFile } from "@cambium/checkpoint";
import { CambiumError } from "@cambium/ir";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messages, refusal } from "../../files/test/support/errors.js";
import { tempDir } from "../../files/test/support/temp.js";
import { parseHeader, parseHeaderLength } from "../src/safetensors/header.js";
import { rawFile } from "./support/bytes.js";
import { golden } from "./support/golden.js";

/** Checks these bytes as opening a file does, without the file system. */
function check(content: Uint8Array): ReturnType<typeof parseHeader> {
  const length = parseHeaderLength(content.subarray(0, 8), content.length, "x");
  return parseHeader(content.subarray(8, 8 + length), content.length, "x");
}

const verdicts = JSON.parse(await readFile(join(golden, "verdicts.json"), "utf8")) as {
  name: string;
  accepted: boolean;
  file: string;
}[];

/** Cases that the format forbids and its reference reader accepts. */
const STRICTER = ["leading space", "key given twice"];

describe("a hostile header", () => {
  it.each(verdicts)("gets the same verdict as from the reference reader: $name", async ({ name, accepted, file }) => {
    const content = Buffer.from(file, "base64");
    if (accepted && !STRICTER.includes(name)) return void check(content);
    const error = await refusal(() => check(content));
    expect(error.code).toMatch(/^E_SAFETENSORS_(HEADER|TRUNCATED)$/);
    expect(error.details.where).toMatch(/^x/);
  });

  it("has all its faults named at once", async () => {
    const header = {
      __metadata__: { a: 1 },
      a: { dtype: "F31", shape: [2], data_offsets: [0, 8] },
      b: { dtype: "F32", shape: [-1], data_offsets: [0, 8] },
      c: { dtype: "F32", shape: [3], data_offsets: [0, 8], zip: true },
      d: 7,
    };
    expect(messages(await refusal(() => check(rawFile(JSON.stringify(header), 8))))).toEqual([
      "__metadata__: metadata maps strings to strings",
      'tensor "a": unknown dtype',
      'tensor "b": impossible shape',
      'tensor "c": unknown fields',
      'tensor "c": shape and data_offsets disagree',
      'tensor "d": the entry is not an object',
    ]);
  });

  it("says which tensors overlap and where bytes are left over", async () => {
    const u8 = (begin: number, end: number) => ({ dtype: "U8", shape: [end - begin], data_offsets: [begin, end] });
    const header = JSON.stringify({ a: u8(0, 4), b: u8(3, 6), c: u8(7, 8) });
    expect(messages(await refusal(() => check(rawFile(header, 9))))).toEqual([
      'tensor "b": its bytes overlap another tensor\'s',
      'tensor "c": bytes before it belong to no tensor',
      ": bytes after the last tensor belong to no tensor",
    ]);
  });

  it("fits its error on a screen however many faults and however long the names", async () => {
    const entries = Array.from({ length: 1000 }, (_, i) => [`${i}${"x".repeat(5000)}`, null]);
    const error = await refusal(() => check(rawFile(JSON.stringify(Object.fromEntries(entries)))));
    expect(error.details.reasons).toHaveLength(21);
    expect(error.details.reasons?.at(-1)?.message).toBe("and 980 more");
    expect(error.format().length).toBeLessThan(6000);
  });

  it("may nest a million levels", async () => {
    const error = await refusal(() => check(rawFile(`{"a":${"[".repeat(1e6)}`)));
    expect(error.details.expected).toBe("at most 3 levels of nesting");
  });

  it("may hold a number of a million digits", async () => {
    const digits = "1".repeat(1e6);
    const header = `{"a":{"dtype":"U8","shape":[${digits}],"data_offsets":[0,1]}}`;
    expect((await refusal(() => check(rawFile(header)))).code).toBe("E_SAFETENSORS_HEADER");
  });

  it("with 100,000 tensors is read in seconds", () => {
    const entries = Array.from({ length: 100_000 }, (_, i) => [
      `model.layers.${i}.weight`,
      { dtype: "U8", shape: [1], data_offsets: [i, i + 1] },
    ]);
    expect(check(rawFile(JSON.stringify(Object.fromEntries(entries)), 100_000)).tensors.size).toBe(100_000);
  }, 5000);
});

describe("fuzzing", () => {
  /** Succeeds, or refuses in the one allowed way. */
  function survives(content: Uint8Array): void {
    try {
      const { tensors } = check(content);
      for (const { offset, byteLength } of tensors.values())
        expect(offset + byteLength).toBeLessThanOrEqual(content.length);
    } catch (error) {
      if (!(error instanceof CambiumError)) throw error;
      expect(error.code).toMatch(/^E_SAFETENSORS_(HEADER|TRUNCATED)$/);
      expect(error.format().length).toBeLessThan(20_000);
    }
  }

  const seeds = ["dtypes", "torch-dtypes", "names"].map((name) => readFile(join(golden, `${name}.safetensors`)));

  it("survives flipped, removed and inserted bytes, and truncation", async () => {
    const seed = fc.constantFrom(...(await Promise.all(seeds)));
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat(9),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 9 }),
        fc.constantFrom(...'{}[]":,0-9eE\\'.split("")).map((c) => Buffer.from(c)),
      ),
    });
    fc.assert(
      fc.property(
        seed,
        fc.array(edit, { minLength: 1, maxLength: 6 }),
        fc.option(fc.nat(1100)),
        (original, edits, cut) => {
          let content = Buffer.from(original);
          for (const { at, remove, insert } of edits) {
            const place = Math.floor(at * content.length);
            content = Buffer.concat([content.subarray(0, place), insert, content.subarray(place + remove)]);
          }
          survives(cut === null ? content : content.subarray(0, cut));
        },
      ),
      { numRuns: 4000 },
    );
  });

  it("survives any JSON as a header", () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom(0, 1, 8, -1, 1.5, 2 ** 53, 1e300, null, true, "F32", "U8", "BOOL", "F4", "__proto__"),
        fc.array(tie("any"), { maxLength: 4 }),
        fc.dictionary(
          fc.constantFrom("dtype", "shape", "data_offsets", "__metadata__", "__proto__", "toString", "a", "\ud800"),
          tie("any"),
          { maxKeys: 4 },
        ),
      ),
    })).any;
    fc.assert(
      fc.property(value, fc.nat(64), (header, dataBytes) => survives(rawFile(JSON.stringify(header), dataBytes))),
      { numRuns: 4000 },
    );
  });

  it("survives headers of the right form with random claims", () => {
    const entry = fc.record({
      dtype: fc.constantFrom("U8", "F16", "F32", "I64", "F4"),
      shape: fc.array(fc.oneof(fc.nat(4), fc.constantFrom(2 ** 31, 2 ** 52, 2 ** 53)), { maxLength: 3 }),
      data_offsets: fc.tuple(fc.nat(40), fc.oneof(fc.nat(40), fc.constant(2 ** 53 - 1))),
    });
    const header = fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__"), entry, { maxKeys: 4 });
    fc.assert(
      fc.property(header, fc.nat(40), (claims, dataBytes) => survives(rawFile(JSON.stringify(claims), dataBytes))),
      { numRuns: 4000 },
    );
  });
});

describe("a path that is not a safetensors file", () => {
  it("is named: nothing there, a folder, a pipe, a pointer of Git LFS", async () => {
    const dir = await tempDir();
    await mkdir(join(dir, "folder"));
    await writeFile(join(dir, "pointer"), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    const codeOf = async (name: string) => (await refusal(() => SafetensorsFile.open(join(dir, name)))).code;
    expect(await codeOf("absent")).toBe("E_NOT_FOUND");
    expect(await codeOf("folder")).toBe("E_NOT_A_FILE");
    const pointer = await refusal(() => SafetensorsFile.open(join(dir, "pointer")));
    expect(pointer.details.hint).toContain("git lfs pull");
    if (process.platform !== "win32") {
      execFileSync("mkfifo", [join(dir, "pipe")]);
      expect(await codeOf("pipe")).toBe("E_NOT_A_FILE");
    }
  });

  it("costs no memory for what its header claims", async () => {
    const dir = await tempDir();
    const path = join(dir, "sparse");
    // A sparse terabyte: it takes no room on the disk, and opening it none in memory.
    const size = 2 ** 40;
    const content = rawFile(`{"a":{"dtype":"U8","shape":[${size}],"data_offsets":[0,${size}]}}`);
    await writeFile(path, content);
    await truncate(path, content.length + size);
    await using file = await SafetensorsFile.open(path);
    expect((await refusal(() => file.read("a", "f32"))).code).toBe("E_TENSOR_TOO_LARGE");
    expect([...(await file.readBytes("a", size - 3))]).toEqual([0, 0, 0]);
  });
});
