// A power cut at every change that a run makes to its directory: what is left reads as a run, with the rows up to the last
// one that was flushed, and goes on from there.
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

/** A sitting from the rows that stand: two steps, what makes them safe, two more. */
async function train(path: string, from: number): Promise<void> {
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
      if (i % 2 === 1) await metrics.sync();
    }
  } finally {
    await metrics.close();
  }
  await stage.write({ ...(record as NonNullable<typeof record>), state: "done" });
  await run.write({ ...manifest, state: "done" });
}

test("a run that is cut off anywhere reads as far as it was safe, and goes on to the same rows", async () => {
  let points = 0;
  for (let changes = 0; ; changes++) {
    const path = await tempDir();
    const ended = await cutAfter(changes, () => train(path, 0));
    const found = await readRun(path).catch((error: { code: string }) => error.code);
    if (typeof found === "string") expect(found).toBe("E_RUN_NOT_FOUND");
    else {
      const read = found.stages.get(id)?.rows ?? [];
      expect(rows.slice(0, read.length), `after ${changes} changes`).toEqual(read);
    }
    const safe = typeof found === "string" ? 0 : (found.stages.get(id)?.rows.length ?? 0);
    await train(path, safe);
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
    expect(readFileSync(join(path, "stages", id, "metrics.jsonl"), "utf8")).toBe(text);
    expect((await readRun(path)).manifest.state).toBe("done");
    points = changes;
    if (ended) break;
  }
  expect(points).toBeGreaterThan(20);
});
