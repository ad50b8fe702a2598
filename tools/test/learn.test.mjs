// G_learn's fit, on the reference backend: 100 steps lower the grown model's loss below that of its start. And which
// tensors share a matrix.
import { expect, onTestFinished, test } from "vitest";
import { referenceBackend } from "../../packages/backend/src/index.ts";
import { find, grownLoss } from "../../packages/grow/src/index.ts";
import { baseModel, testBases } from "../../packages/growth/src/conformance/index.ts";
import { givenName, givenOf } from "../../packages/growth/src/index.ts";
import { evaluate, hostTensor, refTensor } from "../../packages/ir/src/index.ts";
import { initParameters, llama, modelSpec } from "../../packages/model/src/index.ts";

const sizes = { batch: 4, context: 8 };
const base = modelSpec(llama, {
  ...{ vocab: 13, hidden: 8, intermediate: 12, layers: 2, heads: 2, headDim: 4, contextLength: 8 },
});
/** Each token follows from the one before. */
const batchAt = (index) =>
  Int32Array.from({ length: sizes.batch * (sizes.context + 1) }, (_, i) => {
    const [row, column] = [Math.floor(i / (sizes.context + 1)), i % (sizes.context + 1)];
    return (3 * column + 5 * row + 7 * index) % 13;
  });

test("hidden, heads, intermediate and layers at once", async () => {
  const { default: learn } = await import("@cambium/operator-learn");
  const parameters = initParameters(base, { seed: "learn", scheme: "hf" });
  const plan = learn.plan(base, { hidden: 12, intermediate: 18, heads: 4, kvHeads: 4, layers: 3, fitLr: 0.02 });
  const device = await referenceBackend.open();
  onTestFinished(() => device.close());
  const held = {};
  for (const [name, tensor] of Object.entries(parameters)) held[name] = await device.upload(tensor);
  const { tensors } = await find(plan, { device, parameters: held, ...sizes, batchAt });
  const { graph, leaves } = grownLoss(plan, sizes);
  const loss = (found) => {
    const inputs = { tokens: hostTensor("i32", [sizes.batch, sizes.context + 1], batchAt(1000)), ...parameters };
    for (const [name, make] of leaves) inputs[name] = make();
    for (const [name, tensor] of Object.entries(found)) inputs[givenName(name)] = tensor;
    const refs = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, refTensor(tensor)]));
    return evaluate(graph, refs, { precision: "f64" }).loss.data[0];
  };
  const still = (key, value) => (key === "steps" ? 1 : key === "lr" ? 1e-12 : value);
  const quick = { ...plan, tensors: JSON.parse(JSON.stringify(plan.tensors, still)) };
  const starts = (await find(quick, { device, parameters: held, ...sizes, batchAt })).tensors;
  expect(Object.keys(tensors).sort()).toEqual(
    givenOf(plan.tensors)
      .map(({ name }) => name)
      .sort(),
  );
  const [before, after] = [loss(starts), loss(tensors)];
  console.log(`${before.toFixed(4)} → ${after.toFixed(4)}`);
  expect(after).toBeLessThan(before);
});

test("a weight and its bias grow by one matrix, whatever the family calls them", async () => {
  const { default: learn } = await import("@cambium/operator-learn");
  const { tensors } = learn.plan(baseModel(testBases["biases, tied"]), { heads: 8, kvHeads: 4 });
  const turned = ["q", "k", "v", "o"].map((of) => `width ${[...`self_attn.${of}_proj`].reverse().join("")}`);
  expect(new Set(givenOf(tensors).map(({ name }) => name))).toEqual(new Set(turned));
});
