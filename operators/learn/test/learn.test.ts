// G_learn: conformance, and the operators it becomes when its matrices are selections.
import { givenOf } from "@cambium/growth";
import {
  baseModel,
  describeOperator,
  difference,
  foundBy,
  growExactly,
  randomWeights,
} from "@cambium/growth/conformance";
import directWidth from "@cambium/operator-direct-width";
import stack from "@cambium/operator-stack";
import { expect, test } from "vitest";
import learn from "../src/index.js";

const two = { layers: 2 };
const gqa = { ...two, heads: 4, kvHeads: 2, headDim: 4 };

describeOperator(learn, {
  unsuited: ["kvHeads"],
  cases: [
    { base: { ...two, tied: true }, options: { layers: 5 } },
    { base: { ...gqa, family: "qwen3" }, options: { hidden: 12, heads: 6, intermediate: 20, layers: 3 } },
    { base: { ...gqa, family: "qwen2" }, options: { hidden: 12, heads: 8, kvHeads: 4, ropeSafe: false, sides: "two" } },
  ],
  refuses: [{ base: { layers: 0 }, options: { layers: 2 }, code: "E_GROWTH_SIZES", says: "has none to mix" }],
});

test("at its start, in depth, it is a stack to the bit; interpolation by name", async () => {
  const base = baseModel(two);
  const weights = randomWeights(base, "learn");
  const start = await growExactly(learn.plan(base, { layers: 5 }), weights);
  expect(start).toEqual(await growExactly(stack.plan(base, { layers: 5, strict: false }), weights));
  const other = await growExactly(learn.plan(base, { layers: 5, init: "interpolation" }), weights);
  expect(other["model.layers.1.mlp.up_proj.weight"]).toEqual(start["model.layers.0.mlp.up_proj.weight"]);
});

const bases = [two, gqa].flatMap((base) => [true, false].map((ropeSafe) => [base, ropeSafe] as const));
test.each(bases)("of %j, selections with shares make direct-width, rope safe: %s", async (given, ropeSafe) => {
  const base = baseModel(given);
  const weights = randomWeights(base, "learn");
  const plan = learn.plan(base, { factor: 2, ropeSafe, sides: "two" });
  const [queries] = givenOf(plan.tensors).filter(({ name }) => name === "width self_attn.q_proj");
  const { shape = [0] } = weights["model.layers.0.self_attn.q_proj.weight"]?.type ?? {};
  expect((queries?.shape[1] ?? 0) < (shape[0] ?? 0)).toBe(ropeSafe);
  /** What is to be added to [I; 0]: copies of what is written, halves of what is read. */
  const found = foundBy(plan, (name, row, column, [, columns = 0]) => {
    const reads = name.endsWith("read") || name.includes("o_proj");
    return (row % columns === column ? (reads ? 0.5 : 1) : 0) - (row === column ? 1 : 0);
  });
  const made = await growExactly(plan, weights, found);
  const expected = await growExactly(directWidth.plan(base, { split: "even" }), weights);
  for (const [name, { data }] of Object.entries(expected))
    expect([name, difference(made[name]?.data as Float64Array, data)]).toEqual([name, expect.closeTo(0, 12)]);
});
