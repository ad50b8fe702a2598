// metrics.jsonl is cut back to a step without holding it in memory: the rows that stay are unchanged byte for byte.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MetricsRow } from "@cambium/train";
import { expect, test } from "vitest";
import { tempDir } from "../../files/test/support/temp.js";
import { MetricsFile, readRows } from "../src/node.js";

const row = (step: number, more: Partial<MetricsRow> = {}): MetricsRow => ({
  ...{ step, tokens: 8 * step, loss: 1 / step, lr: 1, gradNorm: 1, tokensPerSecond: 1, flops: step, seconds: step },
  ...more,
});
const line = (one: MetricsRow) => `${JSON.stringify(one)}\n`;

async function reopened(text: string, step: number) {
  const path = join(await tempDir(), "metrics.jsonl");
  writeFileSync(path, text);
  const kept: number[] = [];
  const file = await MetricsFile.open(path, step, (one) => kept.push(one.step));
  await file.append(row(step + 1));
  await file.close();
  return { path, kept, text: readFileSync(path, "utf8") };
}

test("rows up to the step stay, also across the boundary between two reads", async () => {
  const all = Array.from({ length: 3000 }, (_, i) => row(i + 1));
  const found = await reopened(all.map(line).join(""), 2000);
  expect(found.kept).toEqual(all.slice(0, 2000).map(({ step }) => step));
  expect(found.text).toBe([...all.slice(0, 2000), row(2001)].map(line).join(""));
});

test.each([
  ["a row without its line feed", line(row(1)) + line(row(2)).trimEnd(), 2, 2],
  ["a torn row", `${line(row(1))}{"step":2,"lo`, 2, 1],
  ["empty lines and carriage returns", `\n${line(row(1)).trimEnd()}\r\n\n${line(row(2))}`, 2, 2],
  ["the start of the stage", line(row(1)), 0, 0],
])("%s", async (_, text, step, count) => {
  const { path, kept } = await reopened(text, step);
  expect(kept.length).toBe(count);
  expect((await readRows(path)).map((one) => one.step)).toEqual([...kept, step + 1]);
});

test.each([
  ["a line that is not a row", '{"step":1}\n'],
  ["a line that is not JSON, before others", `x\n${line(row(2))}`],
])("%s is named by its line", async (_, text) => {
  await expect(reopened(text, 2)).rejects.toMatchObject({
    code: "E_RUN_FORMAT",
    details: { where: expect.stringMatching(/metrics\.jsonl:1$/) },
  });
});
