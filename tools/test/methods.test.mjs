// The recipes of named methods: each plan has the stages and sizes that the README states.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { countedOptions } from "../../packages/growth/src/index.ts";
import { modelSizes } from "../../packages/model/src/index.ts";
import { parseRecipe, planArms, scaleRecipe } from "../../packages/recipe/src/index.ts";
import { root } from "../setup.mjs";

const folder = join(root, "recipes", "methods");
const names = readdirSync(folder).flatMap((file) => (file.endsWith(".yaml") ? [file.replace(".yaml", "")] : []));
const lines = readFileSync(join(folder, "README.md"), "utf8").split("\n");

/** Recipe and operators of a method. */
async function load(name) {
  const recipe = parseRecipe(readFileSync(join(folder, `${name}.yaml`), "utf8"), `${name}.yaml`);
  const of = (steps) =>
    Promise.all(steps.map(async ({ operator }) => (await import(`@cambium/operator-${operator}`)).default));
  const operators = { growth: await of(recipe.growth), variants: await of(recipe.variants) };
  return { recipe, around: { vocabSize: 256, dataContent: "text", device: "reference 1", operators } };
}

test.each(names)("%s", async (name) => {
  const { recipe, around } = await load(name);
  expect(recipe.name).toBe(name);
  const [grown, scratch] = planArms(recipe, around);
  expect(grown.stages).toHaveLength(recipe.growth.length + 1);
  const sizes = ({ stages }) => {
    const { layers, hidden } = modelSizes(stages.at(-1).stage.model);
    return `${layers}L × ${hidden}`;
  };
  expect(sizes(scratch)).toBe(sizes(grown));
  const row = lines.find((line) => line.startsWith(`| [${name}](`));
  expect(row).toContain(`→ ${sizes(grown)} `);
});

test.each(names)("%s can be tried small", async (name) => {
  const { recipe, around } = await load(name);
  const { growth, variants } = around.operators;
  const counted = Object.fromEntries([...growth, ...variants].map((one) => [one.name, countedOptions(one)]));
  const whole = planArms(recipe, around);
  for (const scale of [0.01, 0.03, 0.1, 0.3, 0.5]) {
    const small = planArms(scaleRecipe(recipe, scale, counted), around);
    const layers = (arms) => arms.map(({ stages }) => stages.map(({ stage }) => modelSizes(stage.model).layers));
    expect(layers(small), `${scale}`).toEqual(layers(whole));
    const grows = (arms, axis) => arms[0].stages.map(({ stage }) => modelSizes(stage.model)[axis]);
    for (const axis of ["hidden", "heads", "kvHeads", "intermediate"]) {
      const signs = (sizes) => sizes.slice(1).map((size, i) => size > sizes[i]);
      expect(signs(grows(small, axis)), `${axis} at ${scale}`).toEqual(signs(grows(whole, axis)));
    }
  }
});
