// The history file: what is written is read again, and what is no entry is named by its line.
import { expect, test } from "vitest";
import { historyLines, readHistory } from "../src/history.js";
import type { BenchDocument } from "../src/result.js";

const row = (name: string, agrees: boolean) => ({
  ...{ suite: "gemm", case: name, backend: "one", unit: "GFLOPS", median: 123.456, interval: [100, 150] },
  parity: { agrees },
});
const document = {
  environment: { date: "2026-01-01T00:00:00.000Z", commit: null, hash: "0" },
  rows: [row("small", true), row("wrong", false)],
} as unknown as BenchDocument;

test("rows that count are kept in four digits", () => {
  const text = historyLines(document);
  expect(readHistory(`${text}\n${text}`, "history.jsonl").map((one) => [one.case, one.median])).toEqual([
    ["small", 123.5],
    ["small", 123.5],
  ]);
});

test("a line that is no entry is named as an editor counts it", () => {
  const read = () => readHistory(`${historyLines(document)}\n{}\nno JSON\n`, "history.jsonl");
  expect(read).toThrow(
    expect.objectContaining({
      code: "E_BENCH_FILE",
      details: expect.objectContaining({
        reasons: [expect.objectContaining({ where: "line 3" }), expect.objectContaining({ where: "line 4" })],
      }),
    }),
  );
});
