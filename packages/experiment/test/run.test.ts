// Whole runs on the reference backend: caching, continuing to the same bits, growth, budgets.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CambiumError } from "@cambium/ir";
import stack from "@cambium/operator-stack";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import {
  parseRecipe,
  planArms,
  type RecipeInput,
  type RunManifest,
  readParameters,
  runRecipe,
  type StageManifest,
} from "../src/index.js";
import { MetricsFile, readRows } from "../src/run/metrics-file.js";
import { importer, minimal, project } from "./support.js";

function stages(out: string): { path: string; manifest: StageManifest }[] {
  const run = JSON.parse(readFileSync(join(out, "run.json"), "utf8")) as RunManifest;
  return run.arms
    .flatMap((arm) => arm.stages)
    .map((id) => {
      const path = join(out, "stages", id);
      return { path, manifest: JSON.parse(readFileSync(join(path, "stage.json"), "utf8")) as StageManifest };
    });
}

function weights(out: string): Record<string, Buffer> {
  return Object.fromEntries(
    stages(out).map(({ path, manifest }) => [manifest.name, readFileSync(join(path, "model", "model.safetensors"))]),
  );
}

function arms(recipe: RecipeInput) {
  const parsed = parseRecipe(stringify(recipe), "r.yaml");
  return planArms(parsed, {
    vocabSize: 256,
    dataContent: "d",
    device: "reference",
    operators: parsed.growth.map(() => stack),
  });
}

describe("a plan", () => {
  test("gives both arms the same FLOPs, base included, to one step", () => {
    const [grown, scratch] = arms({
      ...minimal,
      train: { ...minimal.train, tokens: "1M" },
      growth: [{ operator: "stack", factor: 4, at: "200k" }],
    });
    const total = (arm: typeof grown) => arm?.stages.reduce((sum, { flops }) => sum + flops, 0) ?? 0;
    const step = (scratch?.stages[0]?.flops ?? 0) / ((scratch?.stages[0]?.tokens ?? 0) / 16);
    expect(Math.abs(total(grown) - total(scratch))).toBeLessThanOrEqual(step);
  });

  test("grown stages go on reading where the ones before stopped", () => {
    const growth = [
      { operator: "stack", factor: 2, at: 96 },
      { operator: "stack", factor: 2, at: 64 },
    ];
    const [grown] = arms({ ...minimal, growth });
    expect(
      grown?.stages.map(({ name, config, tokens, dataPosition }) => [name, config.layers, tokens, dataPosition]),
    ).toEqual([
      ["base", 1, 96, 0],
      ["stage-2", 2, 64, 96],
      ["target", 4, grown?.stages[2]?.tokens, 160],
    ]);
  });

  test.each<[string, RecipeInput, string[]]>([
    ["the seed", { ...minimal, seed: 1 }, ["base", "target", "scratch"]],
    ["the growth's time", { ...minimal, growth: [{ operator: "stack", factor: 2, at: 112 }] }, ["base", "target"]],
    ["the moments", { ...minimal, growth: [{ operator: "stack", factor: 2, at: 96, moments: "carry" }] }, ["target"]],
    ["the snapshots' pace", { ...minimal, snapshot: { everySeconds: 5 } }, []],
    ["the name", { ...minimal, name: "other" }, []],
  ])("%s decides the bits of just what it decides", (_, recipe, changed) => {
    const ids = (given: RecipeInput) =>
      Object.fromEntries(arms(given).flatMap((arm) => arm.stages.map(({ name, id }) => [name, id])));
    const [before, after] = [ids(minimal), ids(recipe)];
    expect(
      Object.keys(before)
        .filter((name) => before[name] !== after[name])
        .sort(),
    ).toEqual([...changed].sort());
  });
});

describe("a run", () => {
  test("trains both arms; a second run does nothing; a changed growth redoes the grown arm alone", async () => {
    const { folder, recipe, out } = project();
    expect(await runRecipe(recipe, { out, importer })).toMatchObject({ state: "done", cached: false });
    const before = weights(out);
    expect(Object.keys(before)).toEqual(["base", "target", "scratch"]);
    expect(stages(out).every(({ manifest }) => manifest.state === "done")).toBe(true);
    expect(await runRecipe(recipe, { out, importer })).toMatchObject({ state: "done", cached: true });

    writeFileSync(recipe, stringify({ ...minimal, growth: [{ ...minimal.growth[0], moments: "carry" }] }));
    const cached: string[] = [];
    await runRecipe(recipe, { out, importer, observer: { onCached: ({ name }) => void cached.push(name) } });
    expect(cached).toEqual(["base", "scratch"]);
    rmSync(folder, { recursive: true });
  });

  test("stopped after any step and continued, it ends in the same bits and the same metrics", async () => {
    const { folder, recipe, out } = project();
    await runRecipe(recipe, { out, importer });
    const undisturbed = weights(out);
    const losses = async (where: string) =>
      Promise.all(
        stages(where).map(async ({ path }) =>
          (await readRows(join(path, "metrics.jsonl"))).map(({ step, loss, heldOutLoss }) => [step, loss, heldOutLoss]),
        ),
      );
    for (const stopAfter of [1, 3, 6, 9, 14]) {
      const again = join(folder, `stopped-${stopAfter}`);
      let seen = 0;
      const controller = new AbortController();
      const observer = { onMetrics: () => void (++seen === stopAfter && controller.abort()) };
      expect((await runRecipe(recipe, { out: again, importer, observer, signal: controller.signal })).state).toBe(
        "aborted",
      );
      expect((await runRecipe(recipe, { out: again, importer })).state).toBe("done");
      for (const [name, bytes] of Object.entries(weights(again)))
        expect(bytes.equals(undisturbed[name] as Buffer), name).toBe(true);
      expect(await losses(again)).toEqual(await losses(out));
    }
    rmSync(folder, { recursive: true });
  });

  test("the grown model starts as its base, stacked", async () => {
    const growth = [{ operator: "stack", factor: 2, at: 96 }];
    const { folder, recipe, out } = project({ ...minimal, growth, train: { ...minimal.train, lr: 1e-30 } });
    await runRecipe(recipe, { out, importer });
    const [base, target] = stages(out);
    const plans = arms({ ...minimal, growth })[0]?.stages ?? [];
    const small = await readParameters(join(base?.path ?? "", "model"), plans[0]?.config as never);
    const large = await readParameters(join(target?.path ?? "", "model"), plans[1]?.config as never);
    for (const [name, tensor] of Object.entries(large)) {
      // With a learning rate of nothing the target ends as it began.
      expect(tensor.data, name).toEqual(small[name.replace("layers.1.", "layers.0.")]?.data);
    }
    expect(target?.manifest.growth).toMatchObject({
      operator: "stack",
      layerMap: [0, 0],
      connectionRate: 0,
      from: base?.manifest.id,
    });
    rmSync(folder, { recursive: true });
  });

  test("begins with a checkpoint where the recipe says so", async () => {
    const { folder, recipe, out } = project();
    await runRecipe(recipe, { out, importer });
    const from = join(stages(out)[0]?.path ?? "", "model");
    const { growth: _, ...rest } = minimal;
    writeFileSync(recipe, stringify({ ...rest, name: "on", model: { from, context: 8 } }));
    await runRecipe(recipe, { out: join(folder, "on"), importer });
    expect(stages(join(folder, "on")).map(({ manifest }) => manifest.name)).toEqual(["base"]);
    rmSync(folder, { recursive: true });
  });

  test("names a missing operator with the command that installs it", async () => {
    const { folder, recipe, out } = project({ ...minimal, growth: [{ operator: "stakc", at: 96 }] });
    const nothing = { resolve: () => null, import: async () => ({}) };
    const error = await runRecipe(recipe, { out, importer: nothing }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(CambiumError);
    expect((error as CambiumError).format()).toMatch(/E_PLUGIN_MISSING[\s\S]*npm install @cambium\/operator-stakc/);
    rmSync(folder, { recursive: true });
  });
});

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
