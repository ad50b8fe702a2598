// The gated MLPs of a model: found by marks alone, and refused where a family does not mark them.
import { gatedMlps } from "@cambium/growth";
import { builtInFamily, defineFamily, type Family, modelSpec } from "@cambium/model";
import { expect, test } from "vitest";
import { turnedNames } from "../src/conformance/turned-names.js";

const sizes = { vocab: 11, hidden: 8, intermediate: 10, layers: 2, heads: 2, contextLength: 16 };
const qwen2 = builtInFamily("qwen2");
const mlpsOf = (family: Family) => gatedMlps(modelSpec<object, object>(family, sizes));

test("they are found whatever the tensors are called", () => {
  const names = (family: Family) => mlpsOf(family).map(({ gate, up, down }) => [gate.name, up.name, down.name]);
  const reversed = names(qwen2).map((layer) => layer.map((name) => [...name].reverse().join("")));
  expect(names(turnedNames(qwen2))).toEqual(reversed);
  expect(reversed).toHaveLength(2);
});

test("every layer without one by the family's marks is named", () => {
  const plain = defineFamily<object, object>({
    ...qwen2,
    name: "plain",
    parameters: (config) => qwen2.parameters(config).map(({ activation: _, ...spec }) => spec),
  });
  const reasons = ["layer 0", "layer 1"].map((where) => expect.objectContaining({ where }));
  expect(() => mlpsOf(plain)).toThrow(
    expect.objectContaining({ code: "E_GROWTH_SIZES", details: expect.objectContaining({ reasons }) }),
  );
});
