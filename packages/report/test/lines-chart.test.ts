// Labels on logarithmic axes: prefixes where numbers are large, plain numbers where they are small.
import { expect, test } from "vitest";
import { linesChart } from "../src/page-parts.js";

/** The labels of the axes of a chart of two points, bottom and left together. */
async function labels(low: number, high: number): Promise<string[]> {
  const points = [low, high].map((x) => ({ x, y: x }));
  const text = { id: "c", title: "t", description: "d", x: "" };
  const chart = (await linesChart([{ colour: "a", points, line: true, dots: false }], text)).text;
  const found = [...chart.matchAll(/<text[^>]*>([^<]+)<\/text>/g)].map(([, label]) => label as string);
  return [...new Set(found)];
}

test.each([
  [0.01, 1, ["0.1"]],
  [0.0005, 0.05, ["0.001", "0.01"]],
  [1, 500, ["10", "100"]],
  [500, 5e6, ["1k", "10k", "1M"]],
])("from %d to %d", async (low, high, expected) => {
  const found = await labels(low, high);
  expect(found).toEqual(expect.arrayContaining(expected));
  expect(found.filter((label) => /[mµn]$/.test(label))).toEqual([]);
  // Not one label for each of the nine ticks of a decade.
  expect(found.length).toBeLessThan(14);
});
