// The cost of stages that are in part frozen, in sub-models or with a teacher, against the graphs of their steps.
import { graphCost } from "@cambium/ir";
import { grownModel, lossGraph, parameterTable, plainPhase } from "@cambium/model";
import stack from "@cambium/operator-stack";
import { defaultOptimizer, trainStepGraph } from "@cambium/train";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { type ArmPlan, type PlannedStage, parseRecipe, planArms, type RecipeInput } from "../src/index.js";
import { minimal } from "./support.js";

function plan(recipe: RecipeInput): ArmPlan[] {
  const operators = { growth: [stack], variants: [] };
  const context = { vocabSize: 256, dataContent: "text", device: "reference 1", operators };
  return planArms(parseRecipe(stringify(recipe), "r.yaml"), context);
}

function flopsOf(arm: ArmPlan | undefined): number {
  return (arm?.stages ?? []).reduce((sum, { flops }) => sum + flops, 0);
}

test("a stage costs what its steps' graphs cost, and arms have equal FLOPs", () => {
  const submodels = { depths: [1, 3], top: 1, tokens: 64 };
  const growth = [{ operator: "stack", factor: 3, at: 96, submodels }];
  const arms = plan({ ...minimal, growth, train: { ...minimal.train, tokens: 960 } });
  const target = arms[0]?.stages[1] as PlannedStage;
  const { model, phase } = target.stage;
  const perToken = (part: number, frozen: readonly string[]) => {
    const depths = grownModel(model, { layers: part });
    const size = { batch: 1, context: 8, optimizer: defaultOptimizer, phase: { ...plainPhase, frozen } };
    return graphCost(trainStepGraph(depths, size)).matrixFlops / 8;
  };
  const below = parameterTable(model).flatMap(({ name, layer, kind }) =>
    kind === "embedding" || (layer ?? 2) < 2 ? [name] : [],
  );
  expect(phase.submodels).toEqual(submodels);
  const first = (perToken(1, []) + perToken(3, below)) / 2;
  expect(first).toBeLessThan(perToken(3, []));
  expect(target.flops).toBeCloseTo(64 * first + (target.tokens - 64) * perToken(3, []), 3);
  // A step of 16 tokens more or less.
  expect(Math.abs(flopsOf(arms[0]) - flopsOf(arms[1]))).toBeLessThanOrEqual(8 * perToken(3, []));
  const taught = plan({ ...minimal, growth: [{ operator: "stack", factor: 3, at: 96, distill: { weight: 1 } }] });
  const base = grownModel(model, { layers: 1 });
  const size = { batch: 1, context: 8, optimizer: defaultOptimizer };
  const forward = graphCost(lossGraph(base, size)).matrixFlops / 8;
  const learner = taught[0]?.stages[1] as PlannedStage;
  expect(learner.flops).toBeCloseTo(learner.tokens * (perToken(3, []) + forward), 3);
  const deep = [{ operator: "stack", factor: 3, at: 96, submodels: { depths: [4], tokens: 64 } }];
  expect(() => plan({ ...minimal, growth: deep })).toThrow(/1 to 3 layers/);
});
