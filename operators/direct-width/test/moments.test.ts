// Moment rules against autograd, and over a live state; figures.test.ts has the course of training.
import { growMoments } from "@cambium/growth";
import { difference, randomWeights, type Weights } from "@cambium/growth/conformance";
import type { DecoderInput } from "@cambium/model";
import { describe, expect, test } from "vitest";
import { ruleError } from "./course.js";
import { byRule, config, grown } from "./support.js";

const small = { vocab: 23, hidden: 8, intermediate: 12, layers: 2, headDim: 4 };

describe("the gradient after growth is what the rule makes of the base's", () => {
  const cases: [string, Partial<DecoderInput>, Record<string, unknown>][] = [
    ["intermediate, scalar", {}, { intermediate: 24, split: "scalar" }],
    ["intermediate 12 → 17, even", {}, { intermediate: 17, split: "even" }],
    ["heads and kvHeads, scalar", {}, { heads: 8, kvHeads: 4, split: "scalar" }],
    ["query heads alone, scalar", {}, { heads: 8, split: "scalar" }],
    ["query heads alone, MQA to 3 per head", { kvHeads: 1 }, { heads: 12, split: "even" }],
    ["hidden twice, even", {}, { hidden: 16, split: "even" }],
    ["hidden 8 → 13, even, rescaled stream", {}, { hidden: 13, split: "even" }],
    ["hidden 8 → 13, even, tied", { tied: true }, { hidden: 13, split: "even" }],
    ["hidden twice, even, tied, sqrt-mu", { tied: true }, { hidden: 16, split: "even", normMode: "sqrt-mu" }],
    ["all axes, even", {}, { split: "even" }],
    ["all axes three times, even, tied", { tied: true }, { factor: 3, split: "even" }],
  ];
  test.each(cases)("%s", async (_, given, options) => {
    expect(await ruleError({ ...small, ...given }, options)).toBeLessThanOrEqual(1e-12);
  });

  test("hidden with a scalar split has no such rule: the mean of the norm leaks", async () => {
    expect(await ruleError(small, { hidden: 16, split: "scalar" })).toBeGreaterThan(1e-2);
  });
});

const base = config(small);

test("a live state's moments grow by the same rules: m by the factors, v by their squares", async () => {
  const plan = grown(small, { factor: 1.5, split: "even" });
  const moments = randomWeights(base, "state");
  const f32 = (name: string) => {
    const { type, data } = moments[name] as Weights[string];
    return { dtype: "f32", shape: type.shape, data: Float32Array.from(data) } as const;
  };
  const [m, v] = [await byRule(plan, moments), await byRule(plan, moments, 2)];
  const state = { updates: 7, m: { get: f32 }, v: { get: f32 } };
  for await (const [name, made] of growMoments(plan, state, "carry").tensors) {
    for (const [actual, expected] of [
      [made.m, m[name]],
      [made.v, v[name]],
    ] as const) {
      expect(difference(Float64Array.from(actual.data), expected?.data as Float64Array)).toBeLessThan(1e-6);
    }
  }
});

test("learning rates are scaled by 1/c on what reads c copies, and only there", () => {
  const { lrMultipliers } = grown(small, { hidden: 16, intermediate: 36, scaleLearningRates: true }).phase;
  const layer = (i: number) => (name: string) => `model.layers.${i}.${name}.weight`;
  const readers = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj"];
  const halves = [0, 1].flatMap((i) => readers.map(layer(i)));
  const thirds = [0, 1].map((i) => layer(i)("mlp.down_proj"));
  expect(lrMultipliers).toEqual({
    ...Object.fromEntries([...halves, "lm_head.weight"].map((name) => [name, 1 / 2])),
    ...Object.fromEntries(thirds.map((name) => [name, 1 / 3])),
  });
  expect(grown(small, { hidden: 13, scaleLearningRates: true }).phase.lrMultipliers).toEqual({});
  expect(grown(small, {}).phase.lrMultipliers).toEqual({});
});
