// The settings that all stages share: an undefined field is the same as an absent one.
import { expect, test } from "vitest";
import { checkRecipe } from "../src/index.js";
import { settingsOf } from "../src/plan/settings.js";
import { minimal } from "./support.js";

test("a scaled recipe, whose memory bound is undefined, has the settings of one without a bound", () => {
  const recipe = checkRecipe(minimal, String);
  const small = { ...recipe, train: { ...recipe.train, memory: undefined } } as unknown as typeof recipe;
  expect(settingsOf(small)).toEqual(settingsOf(recipe));
});
