// A base of no layers: it trains, gets layers from an operator that makes them anew, and is refused by one that copies.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runRecipe } from "../src/index.js";
import { importer, minimal, project, stages } from "./support.js";

const model = { ...minimal.model, layers: 0 };
const growths = [
  { operator: "direct-width", options: { hidden: 16 }, at: 32 },
  { operator: "random-masked", layers: 2, options: { maskTokens: 64 }, at: 32 },
];

test("it grows in width without layers, then gets two", async () => {
  const train = { tokens: 320, batch: 2, lr: 0.01 };
  const { recipe, out } = project({ ...minimal, model, growth: growths, train, compare: [] });
  expect((await runRecipe(recipe, { out, importer })).state).toBe("done");
  const made = stages(out).map(({ path, manifest }) => {
    const config = JSON.parse(readFileSync(join(path, "model", "config.json"), "utf8"));
    return [config.num_hidden_layers, config.hidden_size, manifest.growth?.layerMap];
  });
  expect(made).toEqual([
    [0, 8, undefined],
    [0, 16, []],
    [2, 16, [null, null]],
  ]);
});

test("an operator that copies layers refuses it before anything trains", async () => {
  const { recipe, out } = project({ ...minimal, model, growth: [{ operator: "stack", layers: 2, at: 32 }] });
  await expect(runRecipe(recipe, { out, importer })).rejects.toMatchObject({
    code: "E_GROWTH_LAYERS",
    summary: expect.stringContaining("without layers"),
  });
});
