// The recipes of named methods: each plan has the stages and sizes that the README states.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { modelSizes } from "../../packages/model/src/index.ts";
import { parseRecipe, planArms } from "../../packages/recipe/src/index.ts";
import { root } from "../setup.mjs";

const folder = join(root, "recipes", "methods");
const names = readdirSync(folder).flatMap((file) => (file.endsWith(".yaml") ? [file.replace(".yaml", "")] : []));
const lines = readFileSync(join(folder, "README.md"), "utf8").split("\n");

test.each(names)("%s", async (name) => {
  const recipe = parseRecipe(readFileSync(join(folder, `${name}.yaml`), "utf8"), `${name}.yaml`);
  expect(recipe.name).toBe(name);
  const growth = await Promise.all(
    recipe.growth.map(async ({ operator }) => (await import(`@cambium/operator-${operator}`)).default),
  );
  const variants = await Promise.all(
    recipe.variants.map(async ({ operator }) => (await import(`@cambium/operator-${operator}`)).default),
  );
  const context = { vocabSize: 256, dataContent: "text", device: "reference 1", operators: { growth, variants } };
  const [grown, scratch] = planArms(recipe, context);
  expect(grown.stages).toHaveLength(recipe.growth.length + 1);
  const sizes = ({ stages }) => {
    const { layers, hidden } = modelSizes(stages.at(-1).stage.model);
    return `${layers}L × ${hidden}`;
  };
  expect(sizes(scratch)).toBe(sizes(grown));
  const row = lines.find((line) => line.startsWith(`| [${name}](`));
  expect(row).toContain(`→ ${sizes(grown)} `);
});
