// A power cut at every change that a run makes to its directory: what is left reads as a run, with at least the rows
// flushed so far, and the run continues from there.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { tempDir } from "../../files/test/support/temp.js";
import { makeRun } from "../../report/test/fixture.js";

vi.mock("node:fs/promises", async (original) => (await import("../../files/test/support/power.js")).failing(original));
const { cutAfter } = await import("../../files/test/support/power.js");
const { MetricsFile, readRun, RunDirectory } = await import("../src/node.js");

const { manifest, stages } = makeRun({ steps: 8 });
const [id = "", { manifest: record, rows } = { manifest: undefined, rows: [] }] = Object.entries(stages)[2] ?? [];

/** Rows that the last call of `train` has flushed. */
let flushed = 0;

/** Writes a run, with the rows from `from` on, flushed after every second row. */
async function train(path: string, from: number): Promise<void> {
  flushed = from;
  const run = new RunDirectory(path);
  await run.create();
  await run.write({ ...manifest, state: "running" });
  const stage = run.stage(id);
  await stage.create();
  await stage.write({ ...(record as NonNullable<typeof record>), state: "running" });
  const metrics = await MetricsFile.open(stage.metrics, from);
  try {
    for (const [i, row] of rows.slice(from).entries()) {
      await metrics.append(row);
      if (i % 2 === 0) continue;
      await metrics.sync();
      flushed = from + i + 1;
    }
  } finally {
    await metrics.close();
  }
  await stage.write({ ...(record as NonNullable<typeof record>), state: "done" });
  await run.write({ ...manifest, state: "done" });
}

test("a run cut off anywhere keeps its flushed rows, and continues to the same rows", async () => {
  let points = 0;
  for (let changes = 0; ; changes++) {
    const path = await tempDir();
    const ended = await cutAfter(changes, () => train(path, 0));
    const found = await readRun(path).catch((error: { code: string }) => error.code);
    if (typeof found === "string") expect(found).toBe("E_RUN_NOT_FOUND");
    const read = typeof found === "string" ? [] : (found.stages.get(id)?.rows ?? []);
    expect(read, `after ${changes} changes`).toEqual(rows.slice(0, read.length));
    expect(read.length, `after ${changes} changes`).toBeGreaterThanOrEqual(flushed);
    await train(path, read.length);
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
    expect(readFileSync(join(path, "stages", id, "metrics.jsonl"), "utf8")).toBe(text);
    expect((await readRun(path)).manifest.state).toBe("done");
    points = changes;
    if (ended) break;
  }
  expect(points).toBeGreaterThan(20);
});
