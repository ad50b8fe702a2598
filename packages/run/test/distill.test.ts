// Arms that learn from a teacher: the model before the growth or a checkpoint. Stopped anywhere and continued they end
// in the same bits; what the teacher is, is part of their identity.
import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { PlannedStage, RecipeInput } from "@cambium/recipe";
import { readRows } from "@cambium/run-format/node";
import { expect, test } from "vitest";
import { type RunObserver, runRecipe } from "../src/index.js";
import { importer, minimal, project, stages, weights } from "./support.js";

const growth = (distill: object) => [{ operator: "anew", at: 96, options: { layers: 2 }, distill }];
const recipe = {
  ...minimal,
  growth: growth({ weight: 0.5, temperature: 2 }),
  variants: [{ operator: "stack", options: { factor: 2 } }],
  compare: ["scratch"],
} satisfies RecipeInput;

test("a model begun anew learns from the base, wherever it is stopped; its FLOPs are counted as planned", async () => {
  const { folder, recipe: path, out } = project(recipe);
  const plans: PlannedStage[] = [];
  const observer: RunObserver = { onPlan: (arms) => void plans.push(...arms.flatMap((arm) => arm.stages)) };
  await runRecipe(path, { out, importer, observer });
  const [base, learner, scratch, , stacked] = stages(out);
  const undisturbed = learner && readFileSync(join(learner.path, "model", "model.safetensors"));
  expect(plans.map(({ stage }) => stage.distill?.from.kind)).toEqual([
    ...[undefined, "parent", undefined, undefined, undefined],
  ]);
  const rowsOf = async (stage = learner) => readRows(join(stage?.path ?? "", "metrics.jsonl"));
  const rows = await rowsOf();
  expect(rows.at(-1)?.flops).toBeCloseTo(plans[1]?.flops ?? 0, 3);
  // It begins where the scratch arm does: the loss shown is the cross entropy, and what it learns differs.
  const alone = await rowsOf(scratch);
  expect([base?.manifest.name, stacked?.manifest.name]).toEqual(["base", "target"]);
  expect(rows[0]?.gradNorm).not.toBe(alone[0]?.gradNorm);
  for (const stopAfter of [7, 9]) {
    const again = join(folder, `stopped-${stopAfter}`);
    let seen = 0;
    const controller = new AbortController();
    const stop: RunObserver = { onMetrics: () => void (++seen === stopAfter && controller.abort()) };
    expect((await runRecipe(path, { out: again, importer, observer: stop, signal: controller.signal })).state).toBe(
      "interrupted",
    );
    await runRecipe(path, { out: again, importer });
    const target = stages(again)[1]?.path ?? "";
    expect(readFileSync(join(target, "model", "model.safetensors"))).toEqual(undisturbed);
  }
  rmSync(folder, { recursive: true });
}, 120_000);

test("a checkpoint of the base teaches as the base does, and is another teacher once it has changed", async () => {
  const { folder, recipe: path, out } = project({ ...recipe, variants: [], compare: [] });
  await runRecipe(path, { out, importer });
  const teacher = join(folder, "teacher");
  cpSync(join(stages(out)[0]?.path ?? "", "model"), teacher, { recursive: true });
  const given = {
    ...recipe,
    variants: [],
    compare: [],
    growth: growth({ weight: 0.5, temperature: 2, from: teacher }),
  };
  const other = project(given as RecipeInput);
  await runRecipe(other.recipe, { out: other.out, importer });
  expect(weights(other.out)["target"]).toEqual(weights(out)["target"]);
  // From where it lies: the path leads there.
  expect(await runRecipe(join(other.out, "recipe.yaml"), { importer })).toMatchObject({ cached: true });
  cpSync(join(stages(out)[1]?.path ?? "", "model"), teacher, { recursive: true });
  expect(await runRecipe(other.recipe, { out: other.out, importer })).toMatchObject({ cached: false });
  expect(weights(other.out)["target"]).not.toEqual(weights(out)["target"]);
  rmSync(folder, { recursive: true });
  rmSync(other.folder, { recursive: true });
}, 120_000);

test.each([
  [{ from: "./nowhere" }, "E_NOT_FOUND"],
  [{ weight: 0 }, "E_RECIPE"],
])("a teacher %j is refused before anything is trained", async (distill, code) => {
  const { folder, recipe: path, out } = project({ ...recipe, variants: [], growth: growth(distill) } as RecipeInput);
  await expect(runRecipe(path, { out, importer })).rejects.toMatchObject({ code });
  rmSync(folder, { recursive: true });
});
