// A growth that is tried before it is kept: taken back where it does not pay, and killed or not, the same decisions and
// the same bits.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { nextProbe, type PlannedStage, probesBefore, type RecipeInput } from "@cambium/recipe";
import { readRows } from "@cambium/run-format/node";
import { expect, test } from "vitest";
import { type RunObserver, runRecipe } from "../src/index.js";
import { importer, minimal, project, stages, weights } from "./support.js";

/**
 * A step reads 16 tokens. While the small model learns fast, a growth to a lower rate does not pay within four steps.
 */
const recipe: RecipeInput = {
  ...minimal,
  growth: [{ operator: "stack", factor: 2, lr: 0.01, at: { probe: { every: 96, budget: 64, window: 3, most: 320 } } }],
  train: { ...minimal.train, lr: 0.1, tokens: 640 },
  evaluate: { every: 16, tokens: 64 },
  snapshot: { everySeconds: 1e-6 },
  compare: [],
};

test("probes that fail are taken back and paid for; the one that succeeds goes on as if nothing had been tried", async () => {
  const { folder, recipe: path, out } = project(recipe);
  const plans = new Map<string, PlannedStage>();
  const seen = { rows: 0, done: [] as string[] };
  const watch: RunObserver = {
    onPlan: (arms) => {
      for (const plan of arms.flatMap((arm) => arm.stages)) plans.set(plan.id, plan);
    },
    onMetrics: () => void seen.rows++,
    onStageDone: ({ id }) => void seen.done.push(id),
  };
  await runRecipe(path, { out, importer, observer: watch });
  const [base, target] = stages(out);
  if (!base || !target) throw new Error("two stages");
  const { probes = [] } = base.manifest;
  const { until } = plans.get(base.manifest.id)?.stage ?? {};
  if (until?.kind !== "probe") throw new Error("the base ends by a probe");
  // Several, so that a run that never returns, and one that never grows, would fail.
  expect(probes.length).toBeGreaterThan(1);
  expect(probes.map(({ grew }) => grew)).toEqual(probes.map((_, i) => i === probes.length - 1));
  for (const { loss, predicted, grew } of probes) expect(loss <= predicted).toBe(grew);
  probes.reduce((before, { tokens }) => {
    expect(tokens).toBe(nextProbe(until, before));
    return tokens;
  }, 0);
  expect(base.manifest.tokens).toBe(probes.at(-1)?.tokens);

  // What was tried and taken back is in the budget, in the first row, and its snapshot is gone.
  const failed = probes.slice(0, -1);
  const { start } = plans.get(target.manifest.id)?.stage ?? {};
  const probed = start?.kind === "growth" ? start.probed : undefined;
  expect(probed?.count).toBe(failed.length);
  expect(probed?.flops).toBeCloseTo(
    failed.reduce((sum, { flops }) => sum + flops, 0),
    3,
  );
  expect(target.manifest.growth?.probed).toEqual(probed);
  const rows = await readRows(join(target.path, "metrics.jsonl"));
  expect(rows.at(-1)?.flops).toBeCloseTo(plans.get(target.manifest.id)?.flops ?? 0, 3);
  for (const { stage } of failed) expect(existsSync(join(out, "stages", stage, "snapshot"))).toBe(false);
  expect(seen.done).toEqual([base.manifest.id, target.manifest.id]);

  const undisturbed = weights(out);
  for (let stopAfter = 1; stopAfter < seen.rows; stopAfter += 4) {
    const again = join(folder, `stopped-${stopAfter}`);
    let count = 0;
    const controller = new AbortController();
    const observer: RunObserver = { onMetrics: () => void (++count === stopAfter && controller.abort()) };
    const first = await runRecipe(path, { out: again, importer, observer, signal: controller.signal });
    expect(first.state).toBe("interrupted");
    await runRecipe(path, { out: again, importer });
    expect(weights(again)).toEqual(undisturbed);
    expect(stages(again)[0]?.manifest.probes).toEqual(probes);
    expect(await runRecipe(path, { out: again, importer })).toMatchObject({ cached: true });
  }
  rmSync(folder, { recursive: true });
}, 240_000);

test("probes come at whole multiples, within their bounds, and are counted", () => {
  const times = { every: 48, least: 100, most: 320 };
  const points: number[] = [];
  for (let at = nextProbe(times, 0); at < times.most; at = nextProbe(times, at)) points.push(at);
  expect(points).toEqual([144, 192, 240, 288]);
  for (const at of [...points, times.most]) expect(probesBefore(times, at)).toBe(points.filter((p) => p < at).length);
  expect(nextProbe(times, 288)).toBe(320);
  expect(probesBefore({ every: 48, least: 0, most: 48 }, 48)).toBe(0);
});
