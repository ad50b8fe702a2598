// Pages of Parquet that claim more than they have are refused before they are decoded. Valid files are Python's
// (shards.test.ts).
import fc from "fast-check";
import type { AsyncBuffer, ColumnChunk, SchemaTree } from "hyparquet";
import { expect, test } from "vitest";
import { checkPages } from "../src/node/source/parquet-check.js";
import { passRuns } from "../src/node/source/parquet-runs.js";

const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(Math.floor(n / 128))]);

/** Values of `width` bits, in bit-packed groups of 8. */
function packed(values: readonly number[], width: number): number[] {
  const groups = Math.ceil(values.length / 8);
  const bytes = new Array<number>(groups * width).fill(0);
  for (const [i, value] of values.entries())
    for (let bit = 0; bit < width; bit++)
      if ((value >> bit) & 1) (bytes[(i * width + bit) >> 3] as number) |= 1 << ((i * width + bit) & 7);
  return [...varint(groups * 2 + 1), ...bytes];
}

const runs = fc.integer({ min: 1, max: 8 }).chain((width) => {
  const value = fc.integer({ min: 0, max: 2 ** width - 1 });
  const eights = fc.array(fc.tuple(...new Array(8).fill(value)), { minLength: 1, maxLength: 3 });
  const repeated = fc.tuple(value, fc.integer({ min: 1, max: 300 }));
  return fc.record({ width: fc.constant(width), parts: fc.array(fc.oneof(eights, repeated), { maxLength: 5 }), value });
});

test("values are counted in any mixture of runs", () => {
  fc.assert(
    fc.property(runs, ({ width, parts, value }) => {
      const bytes: number[] = [];
      const values: number[] = [];
      for (const part of parts) {
        if (Array.isArray(part[0])) {
          const flat = (part as number[][]).flat();
          bytes.push(...packed(flat, width));
          values.push(...flat);
        } else {
          const [one, times] = part as [number, number];
          bytes.push(...varint(times * 2), one);
          values.push(...new Array<number>(times).fill(one));
        }
      }
      const page = Uint8Array.from(bytes);
      const whole = { at: 0, end: page.length, width, values: values.length, counted: value };
      expect(passRuns(page, whole)).toBe(values.filter((one) => one === value).length);
      expect(() => passRuns(page, { ...whole, values: values.length + 8 })).toThrow("end before");
    }),
  );
});

/** A column of optional texts, of one uncompressed data page (version 1). */
function column(page: readonly number[], says: { values?: number; encoding?: number; index?: boolean } = {}) {
  const { values = 4, encoding = 0 } = says;
  const i32 = (delta: number, n: number) => [(delta << 4) | 5, ...varint(n * 2)];
  const header = [...i32(1, 0), ...i32(1, page.length), ...i32(1, page.length)];
  header.push(0x2c, ...i32(1, values), ...i32(1, encoding), ...i32(1, 3), ...i32(1, 3), 0, 0);
  const bytes = Uint8Array.from([...header, ...page]);
  // An index of one page at byte 1.
  const index = Uint8Array.from([0x19, 0x1c, 0x16, 2, 0x15, 2, 0x16, 0, 0, 0]);
  const all = Uint8Array.from([...bytes, ...index]);
  const file: AsyncBuffer = { byteLength: all.length, slice: (from, to) => all.slice(from, to).buffer };
  const data = { codec: "UNCOMPRESSED", type: "BYTE_ARRAY", num_values: 4n, data_page_offset: 0n };
  const chunk = {
    meta_data: { ...data, total_compressed_size: BigInt(bytes.length) },
    ...(says.index && { offset_index_offset: BigInt(bytes.length), offset_index_length: index.length }),
  } as unknown as ColumnChunk;
  const leaf = { element: { name: "text", repetition_type: "OPTIONAL" }, children: [] };
  return checkPages(file, chunk, [{ children: [leaf] }, leaf] as unknown as SchemaTree[]);
}

const levels = (run: readonly number[]) => [run.length, 0, 0, 0, ...run];

test("a valid page passes", async () => {
  await column([...levels([8, 1]), ...[1, 0, 0, 0, 97], ...[0, 0, 0, 0], ...[0, 0, 0, 0], ...[0, 0, 0, 0]]);
  await column([...levels([8, 1]), 1, ...varint(8), 0], { encoding: 8 });
});

test.each([
  ["levels repeated a billion times", () => column([...levels([...varint(2 ** 30), 1])]), "a run of 536870912 values"],
  [
    "levels packed a billion times",
    () => column([...levels([...varint(2 ** 30 + 1), 1])]),
    "a run of 4294967296 values",
  ],
  [
    "codes repeated a billion times",
    () => column([...levels([8, 1]), 1, ...varint(2 ** 30), 0], { encoding: 8 }),
    "a run of",
  ],
  ["levels that continue after the page", () => column([200, 0, 0, 0, 8, 1]), "beyond their page"],
  ["levels that end early", () => column([...levels([4, 1])]), "end before"],
  ["a page of a billion values", () => column([], { values: 2 ** 29 }), "says that it has 536870912 values"],
  ["more values than the column's", () => column([...levels([16, 1])], { values: 8 }), "more than the 4 values"],
  [
    "an index to where no page is",
    () => column([...levels([8, 0])], { index: true }),
    "at byte 1, where there is none",
  ],
])("%s: refused", async (_, check, message) => {
  await expect(check()).rejects.toThrow(message);
});
