// The figures that docs/results.md keeps: what growth leaves of the function, of gradients and of the course of training,
// in float64 on one small model with random weights and norms. Prints them.
import { afterAll, describe, expect, test } from "vitest";
import {
  courseError,
  gradientRuleError,
  gradients,
  growExactly,
  randomWeights,
} from "../../../packages/growth/src/conformance/index.js";
import * as growths from "./growths.js";
import { lemon, tied, wide } from "./growths.js";
import { apart } from "./measure.js";

const lines: string[] = [];
const row = (label: string, ...figures: readonly number[]) =>
  void lines.push(`| ${[label, ...figures.map((figure) => figure.toExponential(1))].join(" | ")} |`);
afterAll(() => console.log(`\n${lines.join("\n")}\n`));

const kept = growths.kept.map(([label, plan, most = 1e-12]) => [label, plan, most] as const);
test.each(kept)("%s: the logits are the base's", async (label, plan, most) => {
  expect(plan.claims.functionPreserving).not.toBe("no");
  const { error, size } = await apart(plan);
  row(label, error, size);
  expect(error).toBeLessThanOrEqual(most * size);
});

test.each([
  ["all axes × 2", wide({})],
  ["all axes × 2, tied, elem", wide({ split: "elem" }, tied)],
])("%s, in float32: the logits are the base's", async (label, plan) => {
  const { error, size } = await apart(plan, "f32");
  row(`${label}, float32`, error, size);
  // Weights and what each op makes are off by 6e-8; nothing of that would be seen where float64 was used.
  expect(error).toBeGreaterThan(1e-8 * size);
  expect(error).toBeLessThanOrEqual(1e-4 * size);
});

const lost = growths.lost.map(
  ([label, plan, claim, least = 0.1, most = 20]) => [label, plan, claim, least, most] as const,
);
test.each(lost)("%s: they are not", async (label, plan, claim, least, most) => {
  expect(plan.claims.functionPreserving).toBe(claim);
  const { error, size } = await apart(plan);
  row(label, error, size);
  expect(error).toBeGreaterThan(least);
  expect(error).toBeLessThan(most);
});

test.each([{}, tied])(
  "LEMON's cancelling layers after all axes × 2, %j: the function is kept, all live",
  async (given) => {
    const plan = lemon(given);
    const { error, size } = await apart(plan);
    row(`LEMON, cancelled, 3 → 5 after all axes × 2, ${JSON.stringify(given)}`, error, size);
    expect(error).toBeLessThanOrEqual(1e-13 * size);
    const made = await growExactly(plan, randomWeights(plan.base, "width"));
    for (const [name, gradient] of Object.entries(gradients(plan.target, made)))
      expect([name, gradient.some((x) => x !== 0)]).toEqual([name, true]);
    // Whatever else it stands on is no copy: nothing is claimed.
    expect(plan.claims.functionPreserving).toBe("no");
  },
);

describe("gradients by the plan's rules, relative", () => {
  test.each([
    ["intermediate × 2, scalar", wide({ intermediate: 112, split: "scalar" }), 0, 1e-12],
    ["heads × 2 and kvHeads × 2, scalar", wide({ heads: 8, kvHeads: 4, split: "scalar" }), 0, 1e-12],
    ["heads × 2, scalar", wide({ heads: 8, split: "scalar" }), 0, 1e-12],
    ["hidden × 2, even", wide({ hidden: 64, split: "even" }), 0, 1e-12],
    ["hidden 32 → 48, even, tied", wide({ hidden: 48, split: "even" }, tied), 0, 1e-12],
    ["all axes × 2, even", wide({ split: "even" }), 0, 1e-12],
    // The mean of the norm leaks.
    ["hidden × 2, scalar", wide({ hidden: 64, split: "scalar" }), 1e-2, 10],
  ])("%s", async (label, plan, least, most) => {
    const error = await gradientRuleError(plan, randomWeights(plan.base, "moments"));
    row(`gradients: ${label}`, error);
    expect(error).toBeGreaterThanOrEqual(least);
    expect(error).toBeLessThanOrEqual(most);
  });
});

describe("20 steps of AdamW after 5 before growth, all axes × 2, even, of a smaller model", () => {
  const small = { vocab: 23, hidden: 8, intermediate: 12, layers: 2, headDim: 4 };
  const grown = (scaleLearningRates: boolean) => wide({ split: "even", scaleLearningRates }, small);
  test.each([
    ["moments carried, slower readers", grown(true), true, 0, 1e-11],
    ["moments carried, one rate", grown(false), true, 1e-3, 100],
    ["moments reset, slower readers", grown(true), false, 1e-3, 100],
  ])("%s", async (label, plan, carry, least, most) => {
    const error = await courseError(plan, { carry });
    row(`20 steps: ${label}`, error);
    expect(error).toBeGreaterThanOrEqual(least);
    expect(error).toBeLessThanOrEqual(most);
  });
});
