// Training memory against counts by hand; `cambium bench --suite memory` compares it with measured processes.
import { countParameters, llama, modelSpec } from "@cambium/model";
import { expect, it } from "vitest";
import { defaultOptimizer, fittedStep, trainingMemory } from "../src/index.js";

const options = { batch: 2, context: 16, accumulation: 1, optimizer: defaultOptimizer };

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

const small = modelSpec<object, object>(llama, {
  ...{ layers: 4, hidden: 16, heads: 2, intermediate: 32, vocab: 64, contextLength: 64 },
});

it("counts what a trainer under a bound counts, and what it computes twice", () => {
  const wide = { ...options, context: 64, batch: 8 };
  const free = trainingMemory(small, wide);
  expect(free.recomputed).toBe(0);
  const memory = Math.round(0.75 * free.counted);
  const bound = trainingMemory(small, { ...wide, memory });
  const { bytes, recomputedFlops, flops } = fittedStep(small, { ...wide, memory });
  expect(bound.counted).toBe(bytes);
  expect(bound.counted).toBeLessThanOrEqual(memory);
  expect(bound.recomputed).toBe(recomputedFlops / flops);
  expect(bound.step).toBeLessThan(free.step);
  expect(bound.state).toBe(free.state);
});

it("holds accumulated gradients, which no snapshot copies", () => {
  const parameters = countParameters(small).total;
  const [one, two] = [1, 2].map((accumulation) => trainingMemory(small, { ...options, accumulation }));
  expect((two?.state ?? 0) - (one?.state ?? 0)).toBe(4 * parameters);
  expect([one?.copy, two?.copy]).toEqual([12 * parameters, 12 * parameters]);
});

it("fits a step once, and names the bound that was given when it cannot", () => {
  const { optimizer } = options;
  const reordered = Object.fromEntries(Object.entries(optimizer).reverse()) as unknown as typeof optimizer;
  expect(fittedStep(small, { ...options, optimizer: reordered })).toBe(fittedStep(small, options));
  expect(fittedStep(small, { ...options, batch: 3 })).not.toBe(fittedStep(small, options));
  const tight = () => fittedStep(small, { ...options, accumulation: 2, memory: 100_000 });
  expect(tight).toThrow(expect.objectContaining({ details: expect.objectContaining({ got: "100000 bytes" }) }));
});
