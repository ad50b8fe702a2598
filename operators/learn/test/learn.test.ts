// G_learn: conformance, and the operators it becomes when its matrices are selections.
import { givenOf } from "@cambium/growth";
import {
  baseModel,
  describeOperator,
  difference,
  growExactly,
  randomWeights,
  readExactly,
} from "@cambium/growth/conformance";
import { sizesAlong } from "@cambium/model";
import directWidth from "@cambium/operator-direct-width";
import stack from "@cambium/operator-stack";
import { describe, expect, test } from "vitest";
import learn from "../src/index.js";

const gqa = { layers: 2, heads: 4, kvHeads: 2, headDim: 4 };

describeOperator(learn, {
  cases: [
    { base: { layers: 2, tied: true }, options: { layers: 5 } },
    { base: { ...gqa, family: "qwen3" }, options: { hidden: 12, heads: 6, intermediate: 20, layers: 3 } },
    {
      base: { ...gqa, family: "qwen2" },
      options: { hidden: 12, heads: 8, kvHeads: 4, ropeSafe: false, sides: "two" },
    },
    { base: { layers: 2 }, options: { factor: 1 } },
  ],
  refuses: [
    { base: gqa, options: { kvHeads: 4 }, code: "E_GROWTH_SIZES" },
    { options: { fitSteps: 0 }, code: "E_GROWTH_OPTION" },
  ],
});

test("at its start, in depth, it is a stack to the bit; interpolation by name", async () => {
  const base = baseModel({ layers: 2 });
  const weights = randomWeights(base, "learn");
  const start = await growExactly(learn.plan(base, { layers: 6 }), weights);
  expect(start).toEqual(await growExactly(stack.plan(base, { layers: 6 }), weights));
  const other = await growExactly(learn.plan(base, { layers: 6, init: "interpolation" }), weights);
  expect(other["model.layers.1.mlp.up_proj.weight"]).toEqual(start["model.layers.0.mlp.up_proj.weight"]);
});

describe.each([{ layers: 2 }, gqa])("of %j", (given) => {
  test.each([true, false])("selections with shares make direct-width, rope safe: %s", async (ropeSafe) => {
    const base = baseModel(given);
    const weights = randomWeights(base, "learn");
    const plan = learn.plan(base, { factor: 2, ropeSafe, sides: "two" });
    const { heads, headDim } = sizesAlong(base, ["heads", "headDim"]);
    const unit = ropeSafe ? 1 : headDim;
    const ofQueries = givenOf(plan.tensors).find(({ name }) => name === "width self_attn.q_proj");
    expect(ofQueries?.shape).toEqual([2 * heads * unit, heads * unit]);
    /** What is to be added to [I; 0]: copies of what is written, halves of what is read. */
    const entry = (name: string, row: number, column: number, before: number) => {
      const reads = name.endsWith("read") || name.includes("o_proj");
      const selected = row % before === column ? (reads ? 0.5 : 1) : 0;
      return selected - (row === column ? 1 : 0);
    };
    const found = givenOf(plan.tensors).map(({ name, shape }) => {
      const [rows = 0, columns = 0] = shape;
      const data = Float64Array.from({ length: rows * columns }, (_, i) =>
        entry(name, Math.floor(i / columns), i % columns, columns),
      );
      return [name, { type: { dtype: "f32", shape }, data }] as const;
    });
    const made = await growExactly(plan, weights, readExactly(Object.fromEntries(found)));
    const expected = await growExactly(directWidth.plan(base, { split: "even" }), weights);
    for (const [name, { data }] of Object.entries(expected))
      expect([name, difference(made[name]?.data as Float64Array, data)]).toEqual([name, expect.closeTo(0, 12)]);
  });
});
