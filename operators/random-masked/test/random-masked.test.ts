// Masked random growth: conformance, and what opens when.
import { describeOperator } from "@cambium/growth/conformance";
import { llama, type Mask, modelSpec, parameterTable } from "@cambium/model";
import { expect, test } from "vitest";
import randomMasked from "../src/index.js";

const gqa = { layers: 2, heads: 4, kvHeads: 2, headDim: 4 };
const two = { layers: 2 };
const code = "E_GROWTH_SIZES";

describeOperator(randomMasked, {
  gradients: true,
  unsuited: ["kvHeads"],
  cases: [
    { options: { layers: 8 }, layers: [0, 1, 2, 3, 4, 5, null, null], connectionRate: [5, 7] },
    { base: { ...gqa, tied: true }, options: { layers: 3, form: "sublayer" } },
    { base: { ...two, tied: true }, options: { hidden: 13 } },
    { base: gqa, options: { heads: 9, kvHeads: 3 } },
    {
      name: "everything at once",
      base: gqa,
      options: { hidden: 12, heads: 8, kvHeads: 4, intermediate: 20, layers: 4, phases: "together" },
      gradients: true,
    },
    {
      name: "as MSG: layers copied, one dimension at a time",
      base: two,
      options: {
        ...{ hidden: 12, intermediate: 20, layers: 5, newLayers: "copy" },
        phases: ["intermediate", "layers", "hidden"],
      },
      layers: [0, 1, 0, 1, 1],
    },
  ],
  refuses: [
    { base: gqa, options: { kvHeads: 4 }, code },
    { options: { phases: ["hidden"] }, code },
    { options: { hidden: 12, phases: ["hidden", "hidden"] }, code },
  ],
});

test("phases follow each other, layers open with the first; or all open together", () => {
  const base = modelSpec(llama, {
    vocab: 11,
    hidden: 8,
    intermediate: 10,
    layers: 2,
    heads: 2,
    contextLength: 8,
  });
  const options = { hidden: 12, heads: 4, kvHeads: 4, intermediate: 20, layers: 3, maskTokens: 500 };
  const starts = (masks: readonly Mask[]) =>
    masks.map(({ axis, schedule }) => [axis, schedule.kind === "linear" && [schedule.start, schedule.tokens]]);
  expect(starts(randomMasked.plan(base, options).phase.masks)).toEqual([
    ["intermediate", [0, 500]],
    ["hidden", [500, 500]],
    ["heads", [1000, 500]],
    ["layers", [0, 500]],
  ]);
  const order = ["layers", "heads", "hidden", "intermediate"];
  expect(starts(randomMasked.plan(base, { ...options, phases: order }).phase.masks)).toEqual(
    order.map((axis, i) => [axis, [500 * i, 500]]),
  );
  const two = randomMasked.plan(base, { intermediate: 12, hidden: 12, maskTokens: 7, phases: order }).phase.masks;
  expect(starts(two)).toEqual([
    ["hidden", [0, 7]],
    ["intermediate", [7, 7]],
  ]);
  expect(starts(randomMasked.plan(base, { hidden: 12, maskTokens: 7 }).phase.masks)).toEqual([["hidden", [0, 7]]]);
  const together = randomMasked.plan(base, { ...options, phases: "together" }).phase.masks;
  expect(new Set(together.map(({ schedule }) => JSON.stringify(schedule))).size).toBe(1);
});

test("masks shut what is new and nothing else", () => {
  const base = modelSpec(llama, {
    ...{ vocab: 11, hidden: 8, intermediate: 10, layers: 2, heads: 4, kvHeads: 2, contextLength: 8 },
  });
  const { phase, target } = randomMasked.plan(base, { heads: 9, kvHeads: 3, layers: 3, form: "sublayer" });
  const { masks } = phase;
  // Groups of three: 0 1 · | 2 3 · | · · ·, the dots new.
  expect(masks.map(({ axis, range }) => [axis, range])).toEqual([
    ["heads", [2, 3]],
    ["heads", [5, 9]],
    ["hidden", [0, 8]],
  ]);
  const masked = new Set(masks.flatMap(({ tensors }) => tensors));
  const expected = parameterTable(target).filter(
    ({ name, layer }) => name.includes("o_proj") || (layer === 2 && name.includes("down_proj")),
  );
  expect([...masked].sort()).toEqual(expected.map(({ name }) => name).sort());
});
