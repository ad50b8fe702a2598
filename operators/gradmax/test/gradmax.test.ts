// GradMax through the conformance suite, and what it has measured. tools/test/gradmax.test.mjs measures: the gradient of
// the new rows is as predicted, and larger than along other directions.
import { concat, copy, gatedMlps, givenOf, type Steepest, take } from "@cambium/growth";
import { baseModel, describeOperator } from "@cambium/growth/conformance";
import { expect, test } from "vitest";
import gradmax from "../src/index.js";

describeOperator(gradmax, {
  gradients: true,
  cases: [{ base: { heads: 4, kvHeads: 2, family: "qwen3" }, options: { intermediate: 20 }, gradients: true }],
  refuses: [{ options: { intermediate: 200 }, code: "E_GROWTH_SIZES" }],
});

test("new neurons have one gate row, and columns measured with that row", () => {
  const plan = gradmax.plan(baseModel({ layers: 2 }), { fraction: 0.25, scale: 2, tokens: 12 });
  const asked = givenOf(plan.tensors).map(({ by }) => by as Steepest);
  expect(asked).toHaveLength(2);
  gatedMlps(plan.base).forEach(({ gate, up, down }, layer) => {
    const { gate: row, ...by } = asked[layer] as Steepest;
    expect(by).toMatchObject({ of: down.name, from: up.name, scale: 2, tokens: 12 });
    expect(plan.tensors[gate.name]).toEqual(concat(0, [copy(gate.name), take(row, 0, [0, 0, 0, 0])]));
  });
});
