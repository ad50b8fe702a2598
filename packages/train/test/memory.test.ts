// What training takes, against counts by hand; `cambium bench --suite memory` holds it against processes.
import { countParameters, llama, modelSpec } from "@cambium/model";
import { expect, it } from "vitest";
import { defaultOptimizer, trainingMemory } from "../src/index.js";

const options = { batch: 2, context: 16, optimizer: defaultOptimizer };

it("counts weights and moments twice, and at least gradients and logits in a step", () => {
  const sizes = { layers: 2, hidden: 16, heads: 2, intermediate: 32, vocab: 5000, contextLength: 16 };
  const model = modelSpec<object, object>(llama, sizes);
  const { state, step, copy, process, total } = trainingMemory(model, options);
  const parameters = countParameters(model).total;
  // Besides: tokens, and a few scalars.
  expect(state - 12 * parameters).toBeGreaterThan(0);
  expect(state - 12 * parameters).toBeLessThan(1000);
  expect(step).toBeGreaterThan(4 * parameters);
  expect(step).toBeGreaterThan(2 * 16 * 5000 * 4);
  expect(total).toBe(state + step + copy + process);
  // The more sequences, the more activations, and nothing else.
  const more = trainingMemory(model, { ...options, batch: 8 });
  expect(more.step).toBeGreaterThan(step);
  expect(more.state - state).toBe(4 * 6 * 17);
});
