// AdamW's moments at growth, compared with gradients by autodiff and with training itself.
import {
  depthOperator,
  type GrowthPlan,
  growMoments,
  growState,
  type OptimizerPolicy,
  optimizerPolicies,
} from "@cambium/growth";
import {
  differentiate,
  evaluate,
  gradientName,
  type HostTensor,
  hostTensor,
  Random,
  type RefTensor,
  refTensor,
} from "@cambium/ir";
import { lossGraph, type ModelSpec, modelSizes, parameterTable, type TrainingState } from "@cambium/model";
import { describe, expect, test } from "vitest";
import { collect, config, doubleIntermediate, noisy, source, type Tensors, weights, zeroTop } from "./support.js";

type Exact = Record<string, RefTensor>;

const batch = 2;
const context = 6;
const exact = (tensors: Tensors): Exact =>
  Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, refTensor(x)]));
const names = (of: ModelSpec) => parameterTable(of).map(({ name }) => name);
const numbers = (tensor: HostTensor | undefined) => [...(tensor?.data ?? [])];

/** A function from weights to the loss's gradients, float64, on one batch of random tokens. */
function gradientOf(of: ModelSpec, seed = "tokens"): (at: Exact) => Exact {
  const graph = differentiate(lossGraph(of, { batch, context }), { of: "loss", by: names(of) });
  const random = new Random(seed);
  const data = Int32Array.from({ length: batch * (context + 1) }, (_, i) =>
    Math.floor((modelSizes(of).vocab ?? 0) * random.uniform(i)),
  );
  const tokens = hostTensor("i32", [batch, context + 1], data);
  return (at) => {
    const outputs = evaluate(graph, { ...at, tokens }, { precision: "f64" });
    return Object.fromEntries(names(of).map((name) => [name, outputs[gradientName(name)] as RefTensor]));
  };
}

function rounded(tensors: Exact, of: (x: number) => number): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { type, data }]) => [
      name,
      hostTensor("f32", type.shape, Float32Array.from(data, of)),
    ]),
  );
}

async function grown(plan: GrowthPlan, m: Tensors, v: Tensors, policy: OptimizerPolicy, updates = 9) {
  const made = growMoments(plan, { updates, m: source(m), v: source(v) }, policy);
  return { updates: made.updates, tensors: await collect(made.tensors) };
}

describe("carried through a width plan", () => {
  test.each([0.3, 0.5, 0.9])("m follows the gradient and v its square: share %f", async (share) => {
    const base = config();
    const plan = doubleIntermediate.plan(base, { share });
    const parameters = weights(base);
    const { parameters: target } = await growState(
      plan,
      { updates: 0, parameters, m: {}, v: {} },
      { moments: "reset" },
    );
    const before = gradientOf(base)(exact(parameters));
    const after = gradientOf(plan.target)(exact(target));
    const { tensors, updates } = await grown(
      plan,
      rounded(before, (x) => x),
      rounded(before, (x) => x * x),
      "carry",
    );
    expect(updates).toBe(9);
    for (const name of names(plan.target)) {
      const size = Math.max(...(after[name] as RefTensor).data.map(Math.abs));
      expect(size).toBeGreaterThan(0);
      // f32 rounds weights, moments in and moments out: 2^-24 each, relative to a tensor's largest entry; doubled by v.
      (after[name] as RefTensor).data.forEach((g, i) => {
        expect(Math.abs(tensors[name]!.m.data[i]! - g)).toBeLessThan(1e-6 * size);
        expect(Math.abs(tensors[name]!.v.data[i]! - g * g)).toBeLessThan(2e-6 * size * size);
      });
    }
  });

  test("20 steps of AdamW give the loss that they would give the base, but only if moments are carried", async () => {
    const base = config({ layers: 2 });
    const warm = train(base, { updates: 0, parameters: weights(base), m: {}, v: {} }, 3);
    const plan = doubleIntermediate.plan(base, { share: 0.5, slow: true });
    const expected = train(base, warm, 20);
    const apart = async (moments: OptimizerPolicy, multipliers = plan.phase.lrMultipliers) => {
      const state = train(plan.target, await growState(plan, warm, { moments }), 20, multipliers);
      return Math.abs(lossOf(plan.target, state) - lossOf(base, expected));
    };
    // The state is f32 between growth and training here, 2^-24 of weights near 1; a factor of 1/2 is exact.
    expect(await apart("carry")).toBeLessThan(1e-6);
    expect(await apart("carry", {})).toBeGreaterThan(1e-4);
    expect(await apart("reset")).toBeGreaterThan(1e-4);
  });
});

/** AdamW in float64 (lr 1e-2, betas .9/.95, decay .1, eps 1e-12), a batch per step; state in and out. */
function train(
  of: ModelSpec,
  state: TrainingState,
  steps: number,
  multipliers: Readonly<Record<string, number>> = {},
): TrainingState {
  const [lr, beta1, beta2, decay] = [1e-2, 0.9, 0.95, 0.1];
  const at = exact(state.parameters);
  const zero = () =>
    Object.fromEntries(Object.entries(at).map(([name, { data }]) => [name, new Float64Array(data.length)]));
  const moments = (held: TrainingState["m"], fresh: Record<string, Float64Array>) => {
    for (const [name, { data }] of Object.entries(held)) (fresh[name] as Float64Array).set(data);
    return fresh;
  };
  const [m, v] = [moments(state.m, zero()), moments(state.v, zero())];
  let { updates } = state;
  for (let step = 0; step < steps; step++) {
    const gradients = gradientOf(of, `tokens ${updates++}`)(at);
    for (const [name, { data }] of Object.entries(gradients)) {
      const [p, pm, pv] = [(at[name] as RefTensor).data, m[name] as Float64Array, v[name] as Float64Array];
      data.forEach((g, i) => {
        pm[i] = beta1 * pm[i]! + (1 - beta1) * g;
        pv[i] = beta2 * pv[i]! + (1 - beta2) * g * g;
        const update = pm[i]! / (1 - beta1 ** updates) / (Math.sqrt(pv[i]! / (1 - beta2 ** updates)) + 1e-12);
        p[i] = p[i]! * (1 - lr * decay) - lr * (multipliers[name] ?? 1) * update;
      });
    }
  }
  const held = (of64: Record<string, Float64Array>) =>
    Object.fromEntries(
      Object.entries(of64).map(([name, data]) => [
        name,
        hostTensor("f32", at[name]!.type.shape, Float32Array.from(data)),
      ]),
    );
  return { updates, parameters: rounded(at, (x) => x), m: held(m), v: held(v) };
}

function lossOf(of: ModelSpec, state: TrainingState): number {
  const tokens = hostTensor(
    "i32",
    [batch, context + 1],
    Array.from({ length: batch * (context + 1) }, (_, i) => (i * 7) % (modelSizes(of).vocab ?? 0)),
  );
  return evaluate(lossGraph(of, { batch, context }), { ...state.parameters, tokens }, { precision: "f64" })["loss"]!
    .data[0] as number;
}

describe("through a depth plan", () => {
  const list = [0, 1, 2, 2, 0, 1];
  const listed = depthOperator({ name: "listed", version: "1.0.0", summary: "A list.", layers: () => list });
  const base = config({ tied: true });
  const plan = listed.plan(base, { factor: 2 });
  const [m, v] = [weights(base, "m"), weights(base, "v")];
  const sourceName = (name: string) => name.replace(/layers\.(\d+)/, (_, t) => `layers.${list[Number(t)]}`);

  test("carry copies them with the layers, and the count of updates", async () => {
    const { updates, tensors } = await grown(plan, m, v, "carry");
    expect(updates).toBe(9);
    expect(Object.keys(tensors)).toEqual(names(plan.target));
    for (const [name, made] of Object.entries(tensors))
      expect(made).toEqual({ m: m[sourceName(name)], v: v[sourceName(name)] });
  });

  test("reset zeroes them and starts counting over", async () => {
    const { updates, tensors } = await grown(plan, m, v, "reset");
    expect(updates).toBe(0);
    for (const { name, shape } of parameterTable(plan.target))
      expect(tensors[name]).toEqual({ m: hostTensor("f32", shape), v: hostTensor("f32", shape) });
  });

  test("pad gives them to the first copy of each layer", async () => {
    const { updates, tensors } = await grown(plan, m, v, "pad");
    expect(updates).toBe(9);
    for (const { name, layer, shape } of parameterTable(plan.target)) {
      const first = layer === undefined || list.indexOf(list[layer] as number) === layer;
      const zero = hostTensor("f32", shape);
      expect(tensors[name], name).toEqual(
        first ? { m: m[sourceName(name)], v: v[sourceName(name)] } : { m: zero, v: zero },
      );
    }
  });

  test("zero-new gives them to the layer's own place: the same name, else the first that reads it", async () => {
    const { updates, tensors } = await grown(plan, m, v, "zero-new");
    expect(updates).toBe(9);
    for (const { name, layer, shape } of parameterTable(plan.target)) {
      const zero = hostTensor("f32", shape);
      // [0, 1, 2, 2, 0, 1]: the first three layers are the base layers' own places, the others are copies.
      const old = layer === undefined || layer < 3;
      expect(tensors[name], name).toEqual(old ? { m: m[name], v: v[name] } : { m: zero, v: zero });
    }
  });

  test.each([
    ["a layer that moved up keeps them", [0, 1, 0, 1, 2], [true, true, false, false, true]],
    ["a copy before a layer's own place does not get them", [0, 2, 2, 1, 0], [true, false, true, true, false]],
  ])("zero-new: %s", async (_, layers, keeps) => {
    const other = depthOperator({ name: "other", version: "1.0.0", summary: "A list.", layers: () => layers });
    const moved = other.plan(base, { layers: layers.length });
    const { tensors } = await grown(moved, m, v, "zero-new");
    for (const { name, layer, shape } of parameterTable(moved.target)) {
      if (layer === undefined) continue;
      const source = name.replace(`layers.${layer}`, `layers.${layers[layer]}`);
      const zero = hostTensor("f32", shape);
      expect(tensors[name], name).toEqual(keeps[layer] ? { m: m[source], v: v[source] } : { m: zero, v: zero });
    }
  });

  test("a parameter without moments counts as zero", async () => {
    const { [names(base)[1] as string]: gone, ...rest } = m;
    const { tensors } = await grown(plan, rest, v, "carry");
    expect(numbers(tensors[names(base)[1] as string]?.m)).toEqual(numbers(gone).map(() => 0));
  });
});

test("pad within a tensor: the first of duplicated slices keeps its moments, factors applied", async () => {
  const base = config();
  const name = "model.layers.0.mlp.up_proj.weight";
  const [m, v] = [weights(base, "m"), weights(base, "v")];
  const { tensors } = await grown(doubleIntermediate.plan(base, { share: 0.5 }), m, v, "pad");
  const half = numbers(m[name]).map((x) => x / 2);
  expect(numbers(tensors[name]?.m)).toEqual([...half, ...half.map(() => 0)]);
  expect(numbers(tensors[name]?.v).slice(0, half.length)).toEqual(numbers(v[name]).map((x) => x / 4));
  expect((await grown(doubleIntermediate.plan(base, { share: 0.5 }), m, v, "zero-new")).tensors).toEqual(tensors);
});

test("new tensors start at zero, frozen ones have no moments", async () => {
  const base = config();
  const plan = zeroTop.plan(base, { layers: 4 });
  const { tensors } = await grown(plan, weights(base, "m"), weights(base, "v"), "carry");
  expect(Object.keys(tensors)).toEqual(names(plan.target).filter((name) => name.includes("layers.3.")));
  expect(numbers(tensors["model.layers.3.mlp.down_proj.weight"]?.m).every((x) => x === 0)).toBe(true);
  expect(tensors["model.layers.3.mlp.up_proj.weight"]?.m).toEqual(
    weights(base, "m")["model.layers.2.mlp.up_proj.weight"],
  );
});

test("factors without a rule: kept moments are refused with every tensor named, reset ones are not", async () => {
  const base = config();
  const plan = noisy.plan(base);
  const moments = { updates: 1, m: source(weights(base)), v: source(weights(base)) };
  for (const policy of ["carry", "pad"] as const) {
    expect(() => growMoments(plan, moments, policy)).toThrow(
      expect.objectContaining({
        code: "E_GROWTH_MOMENTS",
        details: expect.objectContaining({ reasons: names(base).map((where) => expect.objectContaining({ where })) }),
      }),
    );
  }
  expect(growMoments(plan, moments, "reset").updates).toBe(0);
  expect(growMoments(plan, moments, "zero-new").updates).toBe(1);
});

test("the loss scale survives growth under every policy for moments", async () => {
  const base = config();
  const plan = zeroTop.plan(base, { layers: 4 });
  const lossScale = { scale: 2 ** 11, finiteSteps: 7 };
  const state = { updates: 5, parameters: weights(base), m: weights(base, "m"), v: weights(base, "v") };
  for (const moments of optimizerPolicies) {
    expect((await growState(plan, { ...state, lossScale }, { moments })).lossScale).toEqual(lossScale);
    expect(await growState(plan, state, { moments })).not.toHaveProperty("lossScale");
  }
});

test("a moment of another shape is refused by name", async () => {
  const base = config();
  const plan = zeroTop.plan(base, { factor: 1 });
  const bad = { ...weights(base), "model.norm.weight": hostTensor("f32", [9]) };
  await expect(grown(plan, bad, weights(base), "reset")).resolves.toBeDefined();
  const listed = depthOperator({
    name: "same",
    version: "1.0.0",
    summary: "-",
    layers: (n) => [...Array(n).keys()],
  }).plan(base, { factor: 1 });
  await expect(grown(listed, bad, weights(base), "carry")).rejects.toMatchObject({
    code: "E_GROWTH_SOURCE",
    details: { where: "model.norm.weight", expected: "[8]", got: "[9]" },
  });
});
