// Moment rules over a live state, and learning rates; conformance and figures hold the rules to gradients.
import { growMoments } from "@cambium/growth";
import { difference, randomWeights, type Weights } from "@cambium/growth/conformance";
import { expect, test } from "vitest";
import { byRule, config, grown } from "./support.js";

const small = { vocab: 23, hidden: 8, intermediate: 12, layers: 2, headDim: 4 };

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
