// Growth by copies of indices: which index copies which, what sets copies apart, and what is refused. That the function
// and the moments are kept is tested by the conformance suite.
import { composePlans, copy, depthOperator, type GrowthPlan, stackedLayers, take } from "@cambium/growth";
import { difference, growExactly, logits, randomWeights } from "@cambium/growth/conformance";
import { describe, expect, test } from "vitest";
import { copied, copying, small } from "./support.js";

const splits = ["even", "scalar", "elem", "proj", "paired"];
const even = { split: "even" };
const q = "model.layers.0.self_attn.q_proj.weight";
const k = "model.layers.0.self_attn.k_proj.weight";
/** Each of 8 channels twice, and 4 new ones. */
const twiceAndNew = { map: "explicit", maps: { hidden: Array.from({ length: 20 }, (_, t) => (t < 16 ? t % 8 : -1)) } };

test("query heads grow within their group, and key/value heads alone move no query head", () => {
  expect(copied({ heads: 8 }).tensors[q]).toEqual(take(copy(q), "heads", [0, 1, 0, 1, 2, 3, 2, 3]));
  const { tensors } = copied({ kvHeads: 4 });
  expect(tensors[q]).toEqual(copy(q));
  expect(tensors[k]).toEqual(take(copy(k), "kvHeads", [0, 0, 1, 1]));
});

test("whole groups: query heads 4 → 6 over 2 → 3", () => {
  const maps = { heads: [0, 1, 2, 3, 0, 1], kvHeads: [0, 1, 0] };
  expect(copied({ heads: 6, kvHeads: 3 }).tensors).toEqual(copied({ map: "explicit", maps }).tensors);
});

describe.each(splits)("split %s", (split) => {
  test("copies are told apart, unless it is even", async () => {
    const made = await growExactly(copied({ intermediate: 20, split }), randomWeights(small(), "w"));
    const row = made["model.layers.0.mlp.down_proj.weight"]?.data.subarray(0, 20) ?? new Float64Array();
    expect(row.subarray(0, 10).every((x, i) => x === row[i + 10])).toBe(split === "even");
  });

  test.each([false, true])("copies and new channels together keep the function, tied: %s", async (tied) => {
    const plan = copied({ ...twiceAndNew, split }, { tied });
    const weights = randomWeights(plan.base, "uneven");
    expect(plan.claims.functionPreserving).toBe("exact");
    const made = await growExactly(plan, weights);
    expect(difference(logits(plan.target, made), logits(plan.base, weights))).toBeLessThan(1e-12);
  });
});

test("split proj: the noise of c copies is a random number each, less their mean", async () => {
  const intermediate = [0, 1, 2, 0, 1, 3, 1, 4, 5, 6, 7, 8, 9, 1];
  const shapes = { hidden: 1500, heads: 1, kvHeads: 1, headDim: 4 };
  const grow = (split: string) =>
    growExactly(
      copied({ map: "explicit", maps: { intermediate }, split, omegaScale: 50 }, { ...shapes, layers: 1 }),
      randomWeights(small({ ...shapes, layers: 1 }), "base"),
    );
  const name = "model.layers.0.mlp.down_proj.weight";
  const [noisy, even] = [(await grow("proj"))[name]?.data, (await grow("even"))[name]?.data] as Float64Array[];
  const noise = (row: number, t: number) => (noisy?.[14 * row + t] as number) - (even?.[14 * row + t] as number);
  // omegaScale times the standard deviation of a new weight is 1.
  for (const [s, a] of intermediate.entries()) {
    for (const [t, b] of intermediate.entries()) {
      const c = intermediate.filter((index) => index === a).length;
      const expected = a !== b ? 0 : (s === t ? 1 : 0) - 1 / c;
      let sum = 0;
      for (let row = 0; row < 1500; row++) sum += noise(row, s) * noise(row, t);
      // Five standard errors of a product with a variance below 2.
      expect(Math.abs(sum / 1500 - expected), `${s}, ${t}`).toBeLessThan(5 * Math.sqrt(2 / 1500));
    }
  }
});

test("sqrt-mu scales eps by the share of channels that live", () => {
  const { family, config } = copied({ ...twiceAndNew, normMode: "sqrt-mu" }, { rmsNormEps: 1e-5 }).target;
  expect(family.eps?.read(config)).toBeCloseTo(0.8e-5, 18);
});

test("learning rates are scaled by 1/c on what reads c copies, and only there", () => {
  const rates = (options: Record<string, unknown>) => copied(options).phase.lrMultipliers;
  const layer = (i: number) => (name: string) => `model.layers.${i}.${name}.weight`;
  const readers = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj"];
  const halves = [0, 1].flatMap((i) => readers.map(layer(i)));
  const thirds = [0, 1].map((i) => layer(i)("mlp.down_proj"));
  expect(rates({ hidden: 16, intermediate: 30, scaleLearningRates: true })).toEqual({
    ...Object.fromEntries([...halves, "lm_head.weight"].map((name) => [name, 1 / 2])),
    ...Object.fromEntries(thirds.map((name) => [name, 1 / 3])),
  });
  expect(rates({ hidden: 13, scaleLearningRates: true })).toEqual({});
  expect(rates({})).toEqual({});
});

test("rows: next: a new row is what the layer above has there, read by the same maps; the last layer's are its own", async () => {
  const weights = randomWeights(small({ layers: 3 }), "above");
  const sizes = { intermediate: 20, hidden: 12, heads: 8, kvHeads: 4 };
  const made = (rows: string) => growExactly(copied({ ...sizes, ...even, rows }, { layers: 3 }), weights);
  const [own, next] = [await made("own"), await made("next")];
  const rowsOf = (from: typeof own, layer: number, part: string, [start, end]: readonly [number, number]) => {
    const { type, data } = from[`model.layers.${layer}.${part}.weight`] as (typeof own)[string];
    const width = type.shape[1] ?? 1;
    return data.slice(start * width, end * width);
  };
  // Old rows first: 10 of 20 neurons, 2 of 4 key heads with 4 rows each, 8 of 12 channels.
  const parts = {
    "mlp.gate_proj": [10, 20],
    "self_attn.k_proj": [8, 16],
    "mlp.down_proj": [8, 12],
    input_layernorm: [8, 12],
  };
  for (const [part, [old = 0, all = 0]] of Object.entries(parts)) {
    for (const layer of [0, 1, 2]) {
      expect(rowsOf(next, layer, part, [0, old])).toEqual(rowsOf(own, layer, part, [0, old]));
      const above = Math.min(layer + 1, 2);
      expect(rowsOf(next, layer, part, [old, all])).toEqual(rowsOf(own, above, part, [old, all]));
    }
  }
  expect(next["model.embed_tokens.weight"]).toEqual(own["model.embed_tokens.weight"]);
});

describe.each([false, true])("in sequence, tied: %s", (tied) => {
  const base = small({ tied });
  const stack = depthOperator({
    ...{ name: "stack", version: "1.0.0", summary: "The base on itself." },
    layers: stackedLayers,
  });
  const numbers = (plan: GrowthPlan) => growExactly(plan, randomWeights(base, "composition"));

  test("twice and twice again is four times, even", async () => {
    const first = copying.plan(base, even);
    const twice = composePlans(first, copying.plan(first.target, even));
    expect(await numbers(twice)).toEqual(await numbers(copying.plan(base, { factor: 4, ...even })));
    expect(twice.claims.functionPreserving).toBe("exact");
  });

  test("width then depth is depth then width", async () => {
    const [wide, deep] = [copying.plan(base, { factor: 1.5, ...even }), stack.plan(base, { factor: 2 })];
    const wideFirst = composePlans(wide, stack.plan(wide.target, { factor: 2 }));
    const deepFirst = composePlans(deep, copying.plan(deep.target, { factor: 1.5, ...even }));
    expect(await numbers(wideFirst)).toEqual(await numbers(deepFirst));
    expect(wideFirst.claims.functionPreserving).toBe("no");
  });
});

test.each([
  [{ factor: 1e306 }, "hidden", "at most 1048576"],
  [{ intermediate: 2 ** 30 }, "intermediate", "at most 1048576"],
  [{ factor: 80_000 }, "hidden", "at most 26 copies of an index among 640000"],
  [{ factor: 80_000, split: "elem" }, "hidden", "at most 26 copies of an index among 640000"],
])("%j, which would be lists of millions of entries, is refused by its sizes", (options, where, expected) => {
  const reasons = expect.arrayContaining([expect.objectContaining({ where, expected })]);
  const refusal = { code: "E_GROWTH_SIZES", details: expect.objectContaining({ reasons }) };
  expect(() => copied(options)).toThrow(expect.objectContaining(refusal));
});
