// G_zero in depth: conformance, LLaMA Pro's lists, which gradients live at step 0, and what a frozen base leaves.
import { layerMap } from "@cambium/growth";
import { baseModel, describeOperator, gradients, growExactly, randomWeights } from "@cambium/growth/conformance";
import { opaqueModel, parameterTable } from "@cambium/model";
import { describe, expect, test } from "vitest";
import zeroDepth from "../src/index.js";

const layersOf = (layers: number, options: object) => layerMap(zeroDepth.plan(baseModel({ layers }), options));
const six = [0, 1, 2, 3, 4, 5];

describeOperator(zeroDepth, {
  cases: [
    {
      name: "6 → 12",
      gradients: true,
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
      gradients: true,
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
    {
      name: "4 → 6, LEMON's",
      base: { layers: 4 },
      options: { layers: 6, placement: "lemon" },
      layers: [0, 1, 2, 2, 3, 3],
    },
    { name: "6 → 6 in groups", options: { layers: 6, placement: "groups" }, layers: six },
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

/** Of 32 layers, the first n of which every q-th has a copy behind it. */
const after = (q: number, n: number) =>
  [...Array(32).keys()].flatMap((i) => ((i + 1) % q === 0 && i < q * n ? [i, i] : [i]));

test.each([
  [{ layers: 40 }, after(4, 8)],
  [{ layers: 40, placement: "groups" }, after(4, 8)],
  [{ layers: 42, placement: "groups" }, after(3, 10)],
])("32 layers grow by LLaMA Pro's lists: %j", (options, layers) => {
  expect(layersOf(32, options)).toEqual(layers);
});

test("every base layer is kept, in order, whatever the target", () => {
  for (let l = 1; l <= 9; l++) {
    for (let target = l; target <= 4 * l; target++) {
      for (const placement of ["interleave", "top"])
        expect([...new Set(layersOf(l, { layers: target, placement }))]).toEqual([...Array(l).keys()]);
    }
  }
});

test("at step 0 only what writes of new layers lives; frozen, nothing else trains", async () => {
  const plan = zeroDepth.plan(baseModel({ layers: 2 }), { layers: 3, frozen: true });
  const found = gradients(plan.target, await growExactly(plan, randomWeights(plan.base, "zero-depth")));
  for (const { name, layer } of parameterTable(plan.target)) {
    const lives = layer !== 2 || /(o|down)_proj/.test(name);
    expect([name, found[name]?.some((x) => x !== 0)]).toEqual([name, lives]);
    expect([name, plan.phase.frozen.includes(name)]).toEqual([name, layer !== 2]);
  }
  expect(zeroDepth.plan(plan.base, { layers: 3 }).phase.frozen).toEqual([]);
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
