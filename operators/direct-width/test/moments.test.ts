// Moment rules against autograd, and the course of training after growth against the base's.
import { growMoments } from "@cambium/growth";
import { difference, gradients, growExactly, logits, randomWeights, type Weights } from "@cambium/growth/conformance";
import type { LlamaConfigInput } from "@cambium/model";
import { describe, expect, test } from "vitest";
import { Adam, byRule, config, grown, zerosLike } from "./support.js";

const small = { vocabSize: 23, hiddenSize: 8, intermediateSize: 12, layers: 2, headDim: 4 };

/** Largest relative error of the rules' gradients, over tensors. */
async function ruleError(given: Partial<LlamaConfigInput>, options: Record<string, unknown>): Promise<number> {
  const plan = grown({ ...small, ...given }, options);
  const weights = randomWeights(plan.base, "moments");
  const before = gradients(plan.base, weights);
  const held = Object.fromEntries(
    Object.entries(weights).map(([name, tensor]) => [name, { ...tensor, data: before[name] as Float64Array }]),
  );
  const [ruled, actual] = [await byRule(plan, held), gradients(plan.target, await growExactly(plan, weights))];
  return Math.max(
    ...Object.entries(actual).map(([name, gradient]) => {
      const rule = ruled[name]?.data as Float64Array;
      const size = Math.hypot(...gradient);
      return Math.hypot(...gradient.map((g, i) => g - (rule[i] as number))) / size;
    }),
  );
}

describe("the gradient after growth is what the rule makes of the base's", () => {
  const cases: [string, Partial<LlamaConfigInput>, Record<string, unknown>][] = [
    ["intermediate, scalar", {}, { intermediate: 24, split: "scalar" }],
    ["intermediate 12 → 17, even", {}, { intermediate: 17, split: "even" }],
    ["heads and kvHeads, scalar", {}, { heads: 8, kvHeads: 4, split: "scalar" }],
    ["query heads alone, scalar", {}, { heads: 8, split: "scalar" }],
    ["query heads alone, MQA to 3 per head", { kvHeads: 1 }, { heads: 12, split: "even" }],
    ["hidden twice, even", {}, { hidden: 16, split: "even" }],
    ["hidden 8 → 13, even, rescaled stream", {}, { hidden: 13, split: "even" }],
    ["hidden 8 → 13, even, tied", { tieEmbeddings: true }, { hidden: 13, split: "even" }],
    ["hidden twice, even, tied, sqrt-mu", { tieEmbeddings: true }, { hidden: 16, split: "even", normMode: "sqrt-mu" }],
    ["all axes, even", {}, { split: "even" }],
    ["all axes three times, even, tied", { tieEmbeddings: true }, { factor: 3, split: "even" }],
  ];
  test.each(cases)("%s", async (_, given, options) => {
    expect(await ruleError(given, options)).toBeLessThanOrEqual(1e-12);
  });

  test("hidden with a scalar split has no such rule: the mean of the norm leaks", async () => {
    expect(await ruleError({}, { hidden: 16, split: "scalar" })).toBeGreaterThan(1e-2);
  });
});

const base = config(small);

describe("AdamW carried through growth, all axes twice and even", () => {
  const rate = 3e-3;

  async function course(options: { carry: boolean; slow: boolean }): Promise<number> {
    const plan = grown(small, { split: "even", scaleLearningRates: options.slow });
    const weights = randomWeights(base, "course");
    const before = new Adam(weights, zerosLike(weights), zerosLike(weights), 0);
    for (let i = 0; i < 5; i++) before.step(gradients(base, before.weights), rate);
    const bigger: Weights = await growExactly(plan, before.weights);
    const state = options.carry
      ? [await byRule(plan, before.m), await byRule(plan, before.v, 2)]
      : [zerosLike(bigger), zerosLike(bigger)];
    const after = new Adam(bigger, ...(state as [Weights, Weights]), options.carry ? 5 : 0, plan.lrMultipliers);
    for (let i = 0; i < 20; i++) {
      before.step(gradients(base, before.weights), rate);
      after.step(gradients(plan.target, after.weights), rate);
    }
    return difference(logits(plan.target, after.weights), logits(base, before.weights));
  }

  test("20 steps with slower readers follow the base", async () => {
    expect(await course({ carry: true, slow: true })).toBeLessThanOrEqual(1e-11);
  });

  test("at one rate for all, or with moments reset, they do not", async () => {
    expect(await course({ carry: true, slow: false })).toBeGreaterThan(1e-3);
    expect(await course({ carry: false, slow: true })).toBeGreaterThan(1e-3);
  });
});

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
  const { lrMultipliers } = grown(small, { hidden: 16, intermediate: 36, scaleLearningRates: true });
  const layer = (i: number) => (name: string) => `model.layers.${i}.${name}.weight`;
  const readers = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj"];
  const halves = [0, 1].flatMap((i) => readers.map(layer(i)));
  const thirds = [0, 1].map((i) => layer(i)("mlp.down_proj"));
  expect(lrMultipliers).toEqual({
    ...Object.fromEntries([...halves, "lm_head.weight"].map((name) => [name, 1 / 2])),
    ...Object.fromEntries(thirds.map((name) => [name, 1 / 3])),
  });
  expect(grown(small, { hidden: 13, scaleLearningRates: true }).lrMultipliers).toEqual({});
  expect(grown(small, {}).lrMultipliers).toEqual({});
});
