// A growth that must find something first: a fit and a measurement, paid for, recorded, and not done twice.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { affine, copy, defineOperator, fit, given, measure, sum } from "@cambium/growth";
import { parameterTable } from "@cambium/model";
import type { PlannedStage } from "@cambium/recipe";
import { readRows } from "@cambium/run-format/node";
import { expect, test } from "vitest";
import * as z from "zod";
import { type RunObserver, runRecipe } from "../src/index.js";
import { minimal, project, importer as sources, stages, weights } from "./support.js";

const norm = "model.norm.weight";
const down = "model.layers.0.mlp.down_proj.weight";

/** In place: a fitted final norm, and a matrix moved along its measured gradient. */
const finding = defineOperator({
  name: "finding",
  version: "1.0.0",
  summary: "Something fitted, something measured.",
  options: z.strictObject({ factor: z.number().optional() }),
  target: (base) => base,
  plan: (base) => {
    const table = parameterTable(base);
    const shape = table.find(({ name }) => name === down)?.shape ?? [];
    const copies = Object.fromEntries(table.map(({ name }) => [name, copy(name)]));
    const width = table.find(({ name }) => name === norm)?.shape ?? [];
    return {
      tensors: {
        ...copies,
        [norm]: sum([given("gain", width, fit(copy(norm), { steps: 3, lr: 0.01 }))]),
        [down]: affine(1, copy(down), -1, given("slope", shape, measure("gradient", down, 32))),
      },
    };
  },
});

const importer: typeof sources = {
  resolve: (specifier, ...rest) => (specifier.includes("finding") ? "finding" : sources.resolve(specifier, ...rest)),
  import: async (address) => (address === "finding" ? { default: finding } : sources.import(address)),
};

test("finding is budgeted and recorded, and a run stopped after it ends in the same bits without finding again", async () => {
  const { folder, recipe, out } = project({
    ...minimal,
    growth: [{ operator: "finding", at: 32 }],
    train: { tokens: 160, batch: 2, lr: 0.01, warmup: 16 },
    compare: [],
  });
  const plans: PlannedStage[] = [];
  const observer: RunObserver = { onPlan: (arms) => void plans.push(...arms.flatMap((arm) => arm.stages)) };
  expect((await runRecipe(recipe, { out, importer, observer })).state).toBe("done");
  const start = plans[1]?.stage.start;
  if (start?.kind !== "growth" || !start.find) throw new Error("nothing is found");
  const [, target] = stages(out);
  const { tokens, flops } = start.find;
  expect(target?.manifest.growth?.found).toEqual({ tokens, flops });
  const rows = await readRows(join(target?.path ?? "", "metrics.jsonl"));
  const perStep = (rows[1]?.flops as number) - (rows[0]?.flops as number);
  expect(rows[0]?.flops).toBeCloseTo(flops + perStep, 3);
  expect(plans[1]?.flops).toBeCloseTo(rows.at(-1)?.flops as number, 3);

  // Four steps are a measurement and three of a fit: 0 and 1 stop before and 3 within, with nothing kept of it.
  for (const stopAt of [0, 1, 3]) {
    const again = join(folder, `finding-${stopAt}`);
    const controller = new AbortController();
    const stop: RunObserver = { onFind: (_, done) => void (done === stopAt && controller.abort()) };
    const first = await runRecipe(recipe, { out: again, importer, observer: stop, signal: controller.signal });
    expect(first.state).toBe("interrupted");
    expect((await runRecipe(recipe, { out: again, importer })).state).toBe("done");
    expect(weights(again)).toEqual(weights(out));
  }

  for (const stopAfter of [0, 1, 2]) {
    const again = join(folder, `stopped-${stopAfter}`);
    const controller = new AbortController();
    let grown = 0;
    let seen = 0;
    const stop: RunObserver = {
      onStage: ({ stage }) => void (stage.name === "target" && stopAfter === 0 && controller.abort()),
      onMetrics: ({ stage }) => void (stage.name === "target" && ++seen === stopAfter && controller.abort()),
    };
    const first = await runRecipe(recipe, { out: again, importer, observer: stop, signal: controller.signal });
    expect(first.state).toBe("interrupted");
    const count: RunObserver = { onGrowth: () => void grown++ };
    expect((await runRecipe(recipe, { out: again, importer, observer: count })).state).toBe("done");
    expect(grown).toBe(0);
    expect(weights(again)).toEqual(weights(out));
  }
  rmSync(folder, { recursive: true });
}, 120_000);
