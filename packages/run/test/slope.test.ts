// A growth that is decided while the run goes: when the held-out loss has become flat. Killed or not, the same decision
// and the same bits; and what was decided names the stage that follows.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ArmPlan, parseStage, type RecipeInput, slopeReached } from "@cambium/recipe";
import { readRows } from "@cambium/run-format/node";
import { expect, test } from "vitest";
import { type RunObserver, runRecipe } from "../src/index.js";
import { importer, minimal, project, stages, weights } from "./support.js";

/**
 * A step reads 16 tokens; measured at each, the slope of three measurements is steep for a while, and then that flat.
 */
const recipe: RecipeInput = {
  ...minimal,
  growth: [{ operator: "stack", factor: 2, at: { slope: { threshold: -0.5, window: 3, most: 224 } } }],
  train: { ...minimal.train, lr: 0.1, tokens: 320 },
  evaluate: { every: 16, tokens: 64 },
  snapshot: { everySeconds: 1e-6 },
  compare: [],
};

test("the end is decided from recorded rows alone, so a run interrupted at any step decides the same way", async () => {
  const { folder, recipe: path, out } = project(recipe);
  const plans: (readonly ArmPlan[])[] = [];
  await runRecipe(path, { out, importer, observer: { onPlan: (arms) => void plans.push(arms) } });
  const [base, target] = stages(out);
  const { until } = parseStage(JSON.parse(readFileSync(join(base?.path ?? "", "stage.json"), "utf8")));
  if (until.kind !== "slope") throw new Error("the base ends by its slope");
  const rows = await readRows(join(base?.path ?? "", "metrics.jsonl"));
  const first = rows.findIndex((_, i) => slopeReached(until, rows.slice(0, i + 1)));
  expect([rows.length, base?.manifest.tokens]).toEqual([first + 1, 16 * (first + 1)]);
  expect(base?.manifest.slope).toMatchObject({ threshold: -0.5, reached: true });
  expect(base?.manifest.slope?.slope).toBeGreaterThanOrEqual(-0.5);
  // In the middle: at either end, a rule that is ignored would pass the test.
  expect(first).toBeGreaterThan(3);
  expect(first).toBeLessThan(13);
  const { start } = parseStage(JSON.parse(readFileSync(join(target?.path ?? "", "stage.json"), "utf8")));
  expect(start).toMatchObject({ kind: "growth", parent: { id: base?.manifest.id, tokens: base?.manifest.tokens } });
  expect(plans.map(([arm]) => arm?.stages.map(({ open }) => open))).toEqual([
    [true, false],
    [false, false],
  ]);

  const undisturbed = weights(out);
  const all = rows.length + (await readRows(join(target?.path ?? "", "metrics.jsonl"))).length;
  for (let stopAfter = 1; stopAfter < all; stopAfter += 4) {
    const again = join(folder, `stopped-${stopAfter}`);
    let seen = 0;
    const controller = new AbortController();
    const observer: RunObserver = { onMetrics: () => void (++seen === stopAfter && controller.abort()) };
    expect(await runRecipe(path, { out: again, importer, observer, signal: controller.signal })).toMatchObject({
      state: "interrupted",
    });
    await runRecipe(path, { out: again, importer });
    expect(weights(again)).toEqual(undisturbed);
    expect(await runRecipe(path, { out: again, importer })).toMatchObject({ cached: true });
  }
  rmSync(folder, { recursive: true });
}, 120_000);

test("the directory of another version's run is refused in one line, and left as it is", async () => {
  const { folder, recipe: path, out } = project({ ...minimal, compare: [], growth: [] });
  await runRecipe(path, { out, importer });
  const old = JSON.stringify({ formatVersion: 1, cambium: "0.0.9", name: "tiny" });
  writeFileSync(join(out, "run.json"), old);
  await expect(runRecipe(path, { out, importer })).rejects.toMatchObject({
    code: "E_RUN_FORMAT",
    details: { got: "run format 1 of Cambium 0.0.9", hint: expect.stringContaining("--out") },
  });
  expect(readFileSync(join(out, "run.json"), "utf8")).toBe(old);
  rmSync(folder, { recursive: true });
}, 60_000);
