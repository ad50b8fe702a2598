// A recipe of several seeds: the run itself and runs beside it, each what its seed alone would have been.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { readRun } from "@cambium/run-format/node";
import { expect, test } from "vitest";
import { runRecipe } from "../src/index.js";
import { importer, minimal, project, weights } from "./support.js";

test("each seed's run is that of a recipe with this seed, stopped or not, and further ones are added", async () => {
  const small = {
    ...minimal,
    growth: [{ operator: "stack", factor: 2, at: 32 }],
    train: { ...minimal.train, tokens: 64 },
    compare: [],
    evaluate: { ...minimal.evaluate, depth: 16 },
  };
  const { folder, recipe: path, out } = project({ ...small, seeds: 2 });
  const alone = project({ ...small, seed: 1 });
  try {
    const told: string[] = [];
    const stop = new AbortController();
    const first = await runRecipe(path, {
      ...{ out, importer, signal: stop.signal },
      observer: {
        onSeed: (seed, seeds) => void told.push(`${seed} of ${seeds.join()}`),
        onStageDone: () => stop.abort(),
      },
    });
    expect([first.state, told]).toEqual(["interrupted", ["0 of 0,1"]]);
    expect((await readRun(out)).others.size).toBe(0);
    expect(await runRecipe(path, { out, importer })).toEqual({ state: "done", directory: out, cached: false });
    await runRecipe(alone.recipe, { out: alone.out, importer });
    expect(weights(join(out, "seeds", "1"))).toEqual(weights(alone.out));
    expect(weights(out)).not.toEqual(weights(alone.out));
    const { manifest, others } = await readRun(out);
    const target = others.get(1)?.stages.get(others.get(1)?.manifest.arms[0]?.stages[1] ?? "");
    expect(target?.depth).toMatchObject({ tokens: 16, lens: { length: 3 }, ablation: { length: 2 } });
    expect([manifest.seeds, [...others.keys()]]).toEqual([[0, 1], [1]]);
    expect(await runRecipe(join(out, "recipe.yaml"), { importer })).toMatchObject({ cached: true });
  } finally {
    for (const made of [folder, alone.folder]) rmSync(made, { recursive: true });
  }
});
