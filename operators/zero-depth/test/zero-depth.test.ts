// G_zero in depth: conformance, exactness to the last bit, which gradients live at step 0, and what a frozen base leaves.
import { layerMap } from "@cambium/growth";
import {
  baseModel,
  describeOperator,
  gradients,
  growExactly,
  logits,
  randomWeights,
} from "@cambium/growth/conformance";
import { type DecoderInput, llama, modelSpec, opaqueModel, parameterTable } from "@cambium/model";
import { describe, expect, test } from "vitest";
import zeroDepth from "../src/index.js";

const tiny = { vocab: 5, hidden: 4, intermediate: 3, heads: 1, contextLength: 8 };
const layersOf = (layers: number, options: object) =>
  layerMap(zeroDepth.plan(modelSpec(llama, { ...tiny, layers }), options));
const six = [0, 1, 2, 3, 4, 5];
const isWriter = (name: string) => /(o|down)_proj/.test(name);

describeOperator(zeroDepth, {
  cases: [
    {
      name: "6 → 12",
      options: { factor: 2 },
      layers: [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5],
      connectionRate: [5, 11],
    },
    {
      name: "6 → 8, LLaMA Pro's list, frozen, tied GQA",
      base: { heads: 4, kvHeads: 2, headDim: 4, tied: true },
      options: { layers: 8, frozen: true },
      layers: [0, 1, 2, 2, 3, 4, 5, 5],
      connectionRate: [5, 7],
    },
    {
      name: "6 → 9 on top, MQA",
      base: { kvHeads: 1 },
      options: { layers: 9, placement: "top" },
      layers: [...six, 3, 4, 5],
    },
    {
      name: "2 → 7 on top",
      base: { layers: 2 },
      options: { layers: 7, placement: "top" },
      layers: [0, 1, 1, 0, 1, 0, 1],
    },
    { name: "6 → 6 is the identity", options: { factor: 1 }, layers: six },
  ],
  refuses: [
    { options: { layers: 3 }, code: "E_GROWTH_LAYERS" },
    { options: { factor: 1.1 }, code: "E_GROWTH_LAYERS" },
    { options: { factor: 2, layers: 12 }, code: "E_GROWTH_OPTION" },
    { options: { placement: "bottom" }, code: "E_GROWTH_OPTION" },
    { options: { placement: "groups", layers: 10 }, code: "E_GROWTH_LAYERS" },
    { options: { placement: "groups", layers: 18 }, code: "E_GROWTH_LAYERS" },
    { options: { placement: "lemon", layers: 13 }, code: "E_GROWTH_LAYERS" },
    { options: { frozen: "yes" }, code: "E_GROWTH_OPTION" },
  ],
});

test("32 → 40 puts the new layers where LLaMA Pro does: 4, 9, …, 39", () => {
  const layers = layersOf(32, { layers: 40 });
  expect(layers.flatMap((from, t) => (from === layers[t - 1] ? [t] : []))).toEqual([4, 9, 14, 19, 24, 29, 34, 39]);
});

test("every base layer is kept, in order, whatever the target", () => {
  for (let l = 1; l <= 9; l++) {
    for (let target = l; target <= 4 * l; target++) {
      for (const placement of ["interleave", "top"]) {
        const layers = layersOf(l, { layers: target, placement });
        const first = layers.filter((from, t) => layers.indexOf(from) === t);
        expect(first).toEqual(Array.from({ length: l }, (_, i) => i));
      }
    }
  }
});

describe.each<[string, Partial<DecoderInput>]>([
  ["untied MHA", {}],
  ["tied GQA", { kvHeads: 2, tied: true }],
  ["untied MQA", { kvHeads: 1 }],
])("%s", (_, extra) => {
  const sizes = { vocab: 23, hidden: 16, intermediate: 20, layers: 3, heads: 4, contextLength: 32 };
  const base = modelSpec(llama, { ...sizes, ...extra });
  const weights = randomWeights(base, "zero-depth");

  test.each(["interleave", "top", "groups", "lemon"])(
    "the logits are the base's, bit for bit (%s)",
    async (placement) => {
      const plan = zeroDepth.plan(base, { factor: 2, placement });
      expect(logits(plan.target, await growExactly(plan, weights))).toEqual(logits(base, weights));
    },
  );

  test("at step 0 only o_proj and down_proj of new layers live, and old layers have the base's gradients", async () => {
    const plan = zeroDepth.plan(base, { factor: 2 });
    const map = layerMap(plan);
    const [before, after] = [gradients(base, weights), gradients(plan.target, await growExactly(plan, weights))];
    for (const { name, layer } of parameterTable(plan.target)) {
      const gradient = after[name] as Float64Array;
      const isNew = layer !== undefined && map[layer - 1] === map[layer];
      if (isNew) expect([name, gradient.some((x) => x !== 0)]).toEqual([name, isWriter(name)]);
      else {
        const source = layer === undefined ? name : name.replace(`layers.${layer}.`, `layers.${map[layer]}.`);
        expect([name, gradient]).toEqual([name, before[source]]);
      }
    }
  });
});

test("after one step the whole of every new layer lives", async () => {
  const base = modelSpec(llama, {
    vocab: 23,
    hidden: 16,
    intermediate: 20,
    layers: 2,
    heads: 4,
    contextLength: 32,
  });
  const plan = zeroDepth.plan(base, { factor: 2 });
  const weights = await growExactly(plan, randomWeights(base, "alive"));
  for (const [name, gradient] of Object.entries(gradients(plan.target, weights))) {
    weights[name]?.data.forEach((x, i, data) => {
      data[i] = x - 0.1 * (gradient[i] as number);
    });
  }
  const still = Object.entries(gradients(plan.target, weights)).filter(([, gradient]) =>
    gradient.every((x) => x === 0),
  );
  expect(still).toEqual([]);
});

test("frozen: exactly the new layers train", () => {
  const base = modelSpec(llama, {
    vocab: 11,
    hidden: 8,
    intermediate: 10,
    layers: 6,
    heads: 2,
    contextLength: 16,
  });
  const plan = zeroDepth.plan(base, { layers: 8, frozen: true });
  const trained = parameterTable(plan.target).filter(({ name }) => !plan.phase.frozen.includes(name));
  expect([...new Set(trained.map(({ layer }) => layer))]).toEqual([3, 7]);
  expect(trained).toHaveLength(18);
  expect(zeroDepth.plan(base, { layers: 8 }).phase.frozen).toEqual([]);
});

describe("a checkpoint of a family that nobody modelled", () => {
  const model = (parts: readonly string[]) =>
    opaqueModel({
      tensors: [0, 1].flatMap((i) => parts.map((part) => ({ name: `h.layers.${i}.${part}.weight`, shape: [4, 4] }))),
      prefix: "h.layers.",
      layers: 2,
    });

  test("its new layers are copies, silent where they write to the stream", () => {
    const { tensors } = zeroDepth.plan(model(["attn.wo", "attn.wq", "ffn.w1", "ffn.w2"]), { layers: 3 });
    const kinds = Object.entries(tensors).map(([name, expr]) => [name.slice(9, -7), expr.kind]);
    expect(Object.fromEntries(kinds.filter(([name]) => name?.startsWith("2")))).toEqual({
      "2.attn.wo": "zeros",
      "2.attn.wq": "copy",
      "2.ffn.w1": "copy",
      "2.ffn.w2": "zeros",
    });
  });

  test("is refused where that cannot be told", () => {
    expect(() => zeroDepth.plan(model(["mixer.in", "mixer.out"]), { layers: 3 })).toThrow(
      expect.objectContaining({ code: "E_FAMILY_STREAM" }),
    );
  });
});

test("LLaMA Pro's own rule, 32 → 40 and 32 → 42; LEMON's pairs", () => {
  const layersOf = (layers: number, options: object) => layerMap(zeroDepth.plan(baseModel({ layers }), options));
  const after = (q: number, n: number) =>
    [...Array(32).keys()].flatMap((i) => ((i + 1) % q === 0 && i < q * n ? [i, i] : [i]));
  expect(layersOf(32, { layers: 40, placement: "groups" })).toEqual(layersOf(32, { layers: 40 }));
  expect(layersOf(32, { layers: 42, placement: "groups" })).toEqual(after(3, 10));
  expect(layersOf(6, { layers: 6, placement: "groups" })).toEqual([0, 1, 2, 3, 4, 5]);
  expect(layersOf(4, { layers: 6, placement: "lemon" })).toEqual([0, 1, 2, 2, 3, 3]);
});
