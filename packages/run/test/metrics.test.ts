// The metrics of a run that was killed.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MetricsFile, readRows } from "@cambium/run-format/node";
import { expect, test } from "vitest";
import { project } from "./support.js";

test("metrics are cut back to the snapshot, and a torn line is dropped", async () => {
  const { folder } = project();
  const path = join(folder, "metrics.jsonl");
  const row = (step: number) => ({
    step,
    tokens: step,
    loss: 1,
    lr: 1,
    gradNorm: 1,
    tokensPerSecond: 1,
    flops: 1,
    seconds: 1,
  });
  writeFileSync(path, `${[1, 2, 3].map((step) => JSON.stringify(row(step))).join("\n")}\n{"step":4,"lo`);
  const file = await MetricsFile.open(path, 2);
  await file.append(row(3));
  await file.close();
  expect((await readRows(path)).map(({ step }) => step)).toEqual([1, 2, 3]);
  rmSync(folder, { recursive: true });
});
