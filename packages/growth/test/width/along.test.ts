// Growth by matrices: which base layer a target layer starts as.
import { copy, linearTensors, zeros } from "@cambium/growth";
import { parameterTable } from "@cambium/model";
import { expect, test } from "vitest";
import { small } from "./support.js";

test("each layer starts as the one that the list names, the first as well", () => {
  const base = small({ layers: 2 });
  const sizes = { layers: 2, hidden: 8, heads: 4, kvHeads: 2, intermediate: 10 };
  const growth = { base, target: base, from: sizes, to: sizes };
  const none = () => zeros([1]);
  const tensors = linearTensors(growth, { starts: [1, 0], wholeHeads: true, mixture: none, matrix: none });
  const swapped = parameterTable(base).map(({ name, layer }) => [
    name,
    copy(layer === undefined ? name : name.replace(`.${layer}.`, `.${1 - layer}.`)),
  ]);
  expect(tensors).toEqual(Object.fromEntries(swapped));
});
