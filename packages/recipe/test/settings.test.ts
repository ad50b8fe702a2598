// What all stages of a recipe have in common: a field that is undefined is a field that is not there.
import { expect, test } from "vitest";
import { checkRecipe } from "../src/index.js";
import { settingsOf } from "../src/plan/settings.js";
import { minimal } from "./support.js";

test("a recipe made small, which has no memory to fit into, has the settings of one that says nothing of it", () => {
  const recipe = checkRecipe(minimal, String);
  const small = { ...recipe, train: { ...recipe.train, memory: undefined } } as unknown as typeof recipe;
  expect(settingsOf(small)).toEqual(settingsOf(recipe));
});
