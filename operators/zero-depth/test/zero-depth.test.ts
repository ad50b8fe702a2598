// G_zero in depth: conformance, LLaMA Pro's lists, which gradients live at step 0, and what a frozen base leaves.
import { layerMap } from "@cambium/growth";
import { baseModel, describeOperator, gradients, growExactly, randomWeights } from "@cambium/growth/conformance";
import { parameterTable } from "@cambium/model";
import { expect, test } from "vitest";
import zeroDepth from "../src/index.js";

const layersOf = (layers: number, options: object) => layerMap(zeroDepth.plan(baseModel({ layers }), options));
const six = [0, 1, 2, 3, 4, 5];

describeOperator(zeroDepth, {
  gradients: true,
  cases: [
    { options: { factor: 2 }, layers: [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5], connectionRate: [5, 11] },
    {
      name: "LLaMA Pro's list, frozen",
      base: { tied: true },
      options: { layers: 8, frozen: true },
      layers: [0, 1, 2, 2, 3, 4, 5, 5],
      connectionRate: [5, 7],
    },
    { options: { layers: 9, placement: "top" }, layers: [...six, 3, 4, 5], gradients: true },
    { base: { layers: 2 }, options: { layers: 7, placement: "top" }, layers: [0, 1, 1, 0, 1, 0, 1] },
    { base: { layers: 4 }, options: { layers: 6, placement: "lemon" }, layers: [0, 1, 2, 2, 3, 3] },
    { options: { layers: 6, placement: "groups" }, layers: six },
    { options: { factor: 1 }, layers: six },
  ],
  refuses: [
    { placement: "groups", layers: 10 },
    { placement: "groups", layers: 18 },
    { placement: "lemon", layers: 13 },
  ].map((options) => ({ options, code: "E_GROWTH_LAYERS" })),
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
