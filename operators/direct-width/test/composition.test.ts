// Width growths in sequence, together with depth, and to the same sizes.
import { composePlans, depthOperator, type GrowthPlan } from "@cambium/growth";
import { growExactly, randomWeights } from "@cambium/growth/conformance";
import { describe, expect, test } from "vitest";
import directWidth from "../src/index.js";
import { config, grown } from "./support.js";

const small = { vocab: 23, hidden: 8, intermediate: 12, layers: 2, headDim: 4 };

const stack = depthOperator({
  name: "stack",
  version: "1.0.0",
  summary: "The base on itself.",
  layers: (base, target) => Array.from({ length: target }, (_, t) => t % base),
});

async function numbers(plan: GrowthPlan): Promise<Record<string, Float64Array>> {
  const made = await growExactly(plan, randomWeights(plan.base, "composition"));
  return Object.fromEntries(Object.entries(made).map(([name, { data }]) => [name, data]));
}

describe.each([false, true])("tied: %s", (tied) => {
  const base = config({ ...small, tied });

  test("twice and twice again is four times, even", async () => {
    const first = directWidth.plan(base, { split: "even" });
    const twice = composePlans(first, directWidth.plan(first.target, { split: "even" }));
    expect(await numbers(twice)).toEqual(await numbers(directWidth.plan(base, { factor: 4, split: "even" })));
    expect(twice.claims.functionPreserving).toBe("exact");
  });

  test("width then depth is depth then width", async () => {
    const [wide, deep] = [directWidth.plan(base, { split: "even", factor: 1.5 }), stack.plan(base, { factor: 2 })];
    const wideFirst = composePlans(wide, stack.plan(wide.target, { factor: 2 }));
    const deepFirst = composePlans(deep, directWidth.plan(deep.target, { split: "even", factor: 1.5 }));
    expect(await numbers(wideFirst)).toEqual(await numbers(deepFirst));
    expect(wideFirst.claims.functionPreserving).toBe("no");
  });
});

test("growing to the same sizes copies every tensor", () => {
  const { tensors, optimizer } = grown(small, { factor: 1 });
  expect(Object.entries(tensors).filter(([name, expr]) => expr.kind !== "copy" || expr.source !== name)).toEqual([]);
  expect(optimizer.moments).toEqual({});
});

test("an axis that stays leaves the tensors without it alone", () => {
  const { tensors } = grown(small, { intermediate: 20 });
  const touched = Object.keys(tensors).filter((name) => tensors[name]?.kind !== "copy");
  expect(touched).toHaveLength(2 * 3);
  expect(touched.every((name) => name.includes(".mlp."))).toBe(true);
});
