// Plans executed over tensors in memory, against copies made by hand.
import {
  affine,
  applyPlan,
  checkNeeds,
  compilePlan,
  copy,
  depthOperator,
  fit,
  type GrowthPlan,
  given,
  growState,
  planNeeds,
  scale,
  zeros,
} from "@cambium/growth";
import { fromBf16, type HostTensor, hostTensor, toBf16 } from "@cambium/ir";
import { parameterTable, plainPhase } from "@cambium/model";
import { describe, expect, test } from "vitest";
import { collect, config, noisy, source, type Tensors, weights, zeroTop } from "./support.js";

const stack = depthOperator({
  name: "twice",
  version: "1.0.0",
  summary: "-",
  layers: (base, target) => Array.from({ length: target }, (_, t) => t % base),
});
const norm = "model.norm.weight";

/** A plan of the identity with some tensors made otherwise. */
function identity(changes: GrowthPlan["tensors"] = {}, base = config()): GrowthPlan {
  const plan = stack.plan(base, { factor: 1 });
  return { ...plan, tensors: { ...plan.tensors, ...changes } };
}

/** The same tensors as bf16. */
function bf16(tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => [
      name,
      hostTensor("bf16", shape, Uint16Array.from(data, toBf16)),
    ]),
  );
}

describe("a stacked model", () => {
  test.each([false, true])("equals layers copied by hand, tied: %s", async (tied) => {
    const base = config({ tied, heads: 4, kvHeads: 2 });
    const held = weights(base);
    const made = await collect(applyPlan(stack.plan(base, { factor: 2 }), source(held)));
    const expected: [string, HostTensor][] = [["model.embed_tokens.weight", held["model.embed_tokens.weight"]!]];
    for (let t = 0; t < 6; t++) {
      for (const { name, layer } of parameterTable(base)) {
        if (layer === t % 3) expected.push([name.replace(`layers.${layer}.`, `layers.${t}.`), held[name]!]);
      }
    }
    expected.push([norm, held[norm]!]);
    if (!tied) expected.push(["lm_head.weight", held["lm_head.weight"]!]);
    expect(Object.entries(made)).toEqual(expected);
    expect("lm_head.weight" in made).toBe(!tied);
  });

  test("is made one tensor at a time, and reads no other for a copy", async () => {
    const base = config();
    const asked: string[] = [];
    const held = weights(base);
    const plan = stack.plan(base, { factor: 2 });
    const get = async (name: string) => {
      asked.push(name);
      return held[name];
    };
    const tensors = applyPlan(plan, { get });
    await tensors.next();
    expect(new Set(asked)).toEqual(new Set(["model.embed_tokens.weight"]));
    await tensors.next();
    expect(new Set(asked)).toEqual(new Set(["model.embed_tokens.weight", "model.layers.0.input_layernorm.weight"]));
  });
});

describe("storage", () => {
  test("results have storage of their own; shared ones have the base's", async () => {
    const base = config();
    const held = weights(base);
    const plan = stack.plan(base, { factor: 2 });
    const fresh = await collect(applyPlan(plan, source(held)));
    const buffers = Object.values(fresh).map(({ data }) => data.buffer);
    expect(new Set([...buffers, ...Object.values(held).map(({ data }) => data.buffer)]).size).toBe(
      buffers.length + Object.keys(held).length,
    );
    const shared = await collect(applyPlan(plan, source(held), { share: true }));
    expect(shared["model.layers.4.mlp.up_proj.weight"]).toBe(held["model.layers.1.mlp.up_proj.weight"]);
  });

  test("copies keep every bit of every dtype, NaN payloads included", async () => {
    const plan = identity();
    const odd = bf16(weights(plan.base));
    (odd[norm] as HostTensor<"bf16">).data.set([0x7fc1, 0xff81, 0x8000, 0x0001, 0x7f80, 0xff80, 0x7fff, 0]);
    expect(await collect(applyPlan(plan, source(odd)))).toEqual(odd);
  });

  test("computed tensors are computed in float64 and cast once", async () => {
    // In bf16, 1 + 2^-9 rounds to 1; twice a rounded half of it would stay 1 where the sum is 1 + 2^-8 + ….
    const x = copy(norm);
    const plan = identity({ [norm]: affine(0.5, x, 0.5, affine(1, x, 2 ** -7, x)), "lm_head.weight": zeros([11, 8]) });
    const held = bf16(weights(plan.base));
    const made = await collect(applyPlan({ ...plan, dropped: ["lm_head.weight"] }, source(held)));
    const expected = Array.from((held[norm] as HostTensor).data, (bits) => toBf16(fromBf16(bits) * (1 + 2 ** -8)));
    expect([...(made[norm] as HostTensor).data]).toEqual(expected);
    expect(made["lm_head.weight"]).toEqual(hostTensor("bf16", [11, 8]));
  });

  test("another dtype on request", async () => {
    const plan = identity();
    const held = weights(plan.base);
    const narrow = await collect(applyPlan(plan, source(held), { dtype: "bf16" }));
    expect(narrow).toEqual(bf16(held));
    const wide = await collect(applyPlan(plan, source(narrow), { dtype: "f32" }));
    expect([...wide[norm]!.data]).toEqual([...narrow[norm]!.data].map(fromBf16));
  });

  test("a tensor of many blocks is whole", async () => {
    const base = config({ vocab: 70_000 });
    const held = weights(base);
    const name = "model.embed_tokens.weight";
    const made = await collect(applyPlan(identity({ [name]: scale(copy(name), 2) }, base), source(held)));
    expect(made[name]!.data).toEqual(held[name]!.data.map((x) => 2 * x));
  });
});

describe("errors", () => {
  test("a base tensor that is absent, or has another shape", async () => {
    const plan = identity();
    const { [norm]: _, ...rest } = weights(plan.base);
    await expect(collect(applyPlan(plan, source(rest)))).rejects.toMatchObject({
      code: "E_GROWTH_SOURCE",
      details: { where: norm },
    });
    const bent = { ...rest, [norm]: hostTensor("f32", [2, 4]) };
    await expect(collect(applyPlan(plan, source(bent)))).rejects.toMatchObject({
      code: "E_GROWTH_SOURCE",
      details: { where: norm, expected: "[8]", got: "[2,4]" },
    });
  });

  test("all absent parameters of a live state at once", async () => {
    const plan = identity();
    const { [norm]: _, "lm_head.weight": _head, ...parameters } = weights(plan.base);
    await expect(growState(plan, { updates: 0, parameters, m: {}, v: {} }, { moments: "reset" })).rejects.toMatchObject(
      {
        code: "E_GROWTH_SOURCE",
        details: { reasons: [{ where: norm }, { where: "lm_head.weight" }] },
      },
    );
  });
});

describe("needs", () => {
  const base = config();
  const fitted = identity({ [norm]: given("norm", [8], fit(copy(norm))) }, base);

  test("a fitted tensor must be given, or replaced by the start of its fit", async () => {
    const held = weights(base);
    await expect(collect(applyPlan(fitted, source(held)))).rejects.toMatchObject({
      code: "E_GROWTH_NEEDS",
      details: { expected: "given" },
    });
    expect((await collect(applyPlan(fitted, source(held), { found: "init" })))[norm]).toEqual(held[norm]);
    const result = hostTensor("f32", [8], [1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await collect(applyPlan(fitted, source(held), { found: source({ norm: result }) })))[norm]).toEqual(result);
    await expect(collect(applyPlan(fitted, source(held), { found: source({}) }))).rejects.toMatchObject({
      code: "E_GROWTH_SOURCE",
    });
  });

  test("are listed, and refused if they are not honoured", () => {
    const masks = [
      { tensors: [norm], axis: "hidden", range: [0, 4], schedule: { kind: "linear", start: 0, tokens: 10 } },
    ] as const;
    expect(planNeeds(identity())).toEqual([]);
    expect(planNeeds(zeroTop.plan(base, { factor: 2 }))).toEqual(["frozen"]);
    expect(planNeeds({ ...fitted, phase: { masks, frozen: [], lrMultipliers: { [norm]: 2 } } })).toEqual([
      "given",
      "lrMultipliers",
      "masks",
    ]);
    checkNeeds(fitted, ["given"]);
    expect(() => checkNeeds({ ...fitted, phase: { ...plainPhase, masks } }, ["frozen"])).toThrow(
      expect.objectContaining({ code: "E_GROWTH_NEEDS", details: { expected: "given, masks", got: "frozen" } }),
    );
  });
});

test("a compiled plan gives any rows of any tensor", async () => {
  const plan = noisy.plan(config());
  const held = weights(plan.base);
  const made = await collect(applyPlan(plan, source(held)));
  const read = (name: string, start: number, end: number) => {
    const { shape, data } = held[name]!;
    const width = data.length / shape[0]!;
    return Float64Array.from(data.subarray(start * width, end * width));
  };
  for (const { name, shape, rows } of compilePlan(plan, { read })) {
    const width = made[name]!.data.length / shape[0]!;
    expect([...(await rows(1, 3))].map(Math.fround)).toEqual([...made[name]!.data.slice(width, 3 * width)]);
  }
});
