// What engines refuse of a stage: nothing that they do not know is ignored.
import { plainPhase } from "@cambium/model";
import { checkRecipe, planArms, type Stage } from "@cambium/recipe";
import { expect, test } from "vitest";
import { localAlone } from "../src/index.js";

const recipe = {
  name: "plain",
  data: { corpus: "./text.txt" },
  model: { layers: 1, hidden: 8, heads: 2, intermediate: 8, context: 8 },
  train: { tokens: 320, batch: 2, lr: 0.01 },
};

const plain = { phase: plainPhase, until: { kind: "tokens", tokens: 16 }, batch: 2, seed: 0 } as unknown as Stage;

test("a stage of known fields is not refused", () => {
  expect(localAlone("other", plain)).toEqual([]);
});

test("no field is refused that the recipe leaves out", () => {
  const operators = { growth: [], variants: [] };
  const context = { vocabSize: 256, dataContent: "text", device: "reference 1", operators };
  const [arm] = planArms(checkRecipe(recipe, String), context);
  expect(arm?.stages.flatMap(({ stage }) => localAlone("other", stage))).toEqual([]);
});

test("a field that is not known is refused by name", () => {
  const stage = { ...plain, momentum: 0.9, toString: 1 } as Stage;
  expect(localAlone("other", stage).map(({ message }) => message)).toEqual([
    "other does not support momentum",
    "other does not support toString",
  ]);
});
