// A plan from a file with extremely deep nesting is refused before anything recurses into it.
import { depthOperator, parsePlan, planJson } from "@cambium/growth";
import { expect, test } from "vitest";
import { config } from "./support.js";

const norm = "model.norm.weight";
const plan = depthOperator({ name: "twice", version: "1.0.0", summary: "-", layers: () => [0, 1, 0, 1] }).plan(
  config(),
  {
    layers: 4,
  },
);

test.each([
  ["an expression", (deep: object) => ({ tensors: { [norm]: deep } })],
  ["a moment's expression", (deep: object) => ({ optimizer: { moments: { [norm]: deep } } })],
  ["an option", (deep: object) => ({ operator: { name: "listed", version: "1.0.0", options: { deep } } })],
])("a plan with %s nested 100,000 levels deep is refused before the stack overflows", (_, part) => {
  let deep: object = { kind: "copy", source: norm };
  for (let i = 0; i < 100_000; i++) deep = { kind: "scale", of: deep, by: 1 };
  const json = { ...planJson(plan), ...part(deep) };
  expect(() => parsePlan(json)).toThrow(expect.objectContaining({ code: "E_GROWTH_PLAN" }));
});
