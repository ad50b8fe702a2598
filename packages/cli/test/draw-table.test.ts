// Tables on narrow terminals: no line is wider, and no cell is lost.
import { describe, expect, test } from "vitest";
import { drawTable, drawTurned } from "../src/draw-table.js";
import { StatusLine } from "../src/status-line.js";

const widest = (text: string) => Math.max(...text.split("\n").map((line) => line.length));
const head = ["case", "backend", "ratio", "interval", "verdict"];
const rows = ["a long name of a case", "b", "c"].map((name, i) => [name, "onnx", 1.25 + i, "1.1–1.4", "no difference"]);
const sentence = "a sentence that is longer than all of this narrow terminal and has to be folded";

describe("a table", () => {
  test("is as it was on a terminal that is wide enough, and without one", () => {
    const text = drawTable(head, rows, (i) => i === 2, 80);
    expect(text.split("\n")).toHaveLength(7);
    expect(drawTable(head, rows, (i) => i === 2)).toBe(text);
  });

  test.each([60, 45, 40])("is transposed in %i columns", (columns) => {
    const text = drawTable(head, rows, undefined, columns);
    expect(widest(text)).toBeLessThanOrEqual(columns);
    for (const word of [...head, ...rows.flat()]) expect(text).toContain(String(word));
  });

  test("folds what is wider than the terminal", () => {
    for (const text of [
      drawTable(["", "said"], [["one", sentence]], undefined, 40),
      drawTurned(["one"], [[sentence]], undefined, 40),
    ]) {
      expect(widest(text)).toBeLessThanOrEqual(40);
      for (const word of sentence.split(" ")) expect(text).toContain(word);
    }
  });
});

test.each([20, 60, 100])("a progress line fits into %i columns, so that it can be redrawn", (columns) => {
  const written: string[] = [];
  const stream = { isTTY: true, columns, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  const now = performance.now;
  const line = new StatusLine(stream);
  performance.now = () => now.call(performance) + 60_000;
  try {
    line.show(() => sentence);
  } finally {
    performance.now = now;
  }
  expect(written).toEqual([`\r${sentence.slice(0, columns - 1)}\u001b[K`]);
});
