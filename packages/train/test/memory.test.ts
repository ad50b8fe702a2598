// Training memory against counts by hand; `cambium bench --suite memory` compares it with measured processes.
import { countParameters, llama, modelSpec } from "@cambium/model";
import { expect, it } from "vitest";
import { defaultOptimizer, fittedStep } from "../src/index.js";

const options = { batch: 2, context: 16, accumulation: 1, optimizer: defaultOptimizer };

it("counts weights and moments twice, and at least gradients and logits in a step", () => {
  const sizes = { layers: 2, hidden: 16, heads: 2, intermediate: 32, vocab: 5000, contextLength: 16 };
  const model = modelSpec<object, object>(llama, sizes);
  const { state, step, copy, process, total } = fittedStep(model, options).memory;
  const parameters = countParameters(model).total;
  // Besides: tokens, and a few scalars.
  expect(state - 12 * parameters).toBeGreaterThan(0);
  expect(state - 12 * parameters).toBeLessThan(1000);
  expect(step).toBeGreaterThan(4 * parameters);
  expect(step).toBeGreaterThan(2 * 16 * 5000 * 4);
  expect(total).toBe(state + step + copy + process);
  // The more sequences, the more activations, and nothing else.
  const more = fittedStep(model, { ...options, batch: 8 }).memory;
  expect(more.step).toBeGreaterThan(step);
  expect(more.state - state).toBe(4 * 6 * 17);
});

const small = modelSpec<object, object>(llama, {
  ...{ layers: 4, hidden: 16, heads: 2, intermediate: 32, vocab: 64, contextLength: 64 },
});

it("recomputes until the whole process fits", () => {
  const wide = { ...options, context: 64, batch: 8 };
  const free = fittedStep(small, wide);
  expect(free.recomputedFlops).toBe(0);
  const memory = Math.round(free.memory.total - 0.25 * free.memory.step);
  const bound = fittedStep(small, { ...wide, memory });
  expect(bound.memory.total).toBeLessThanOrEqual(memory);
  expect(bound.recomputedFlops).toBeGreaterThan(0);
  expect(bound.bytes).toBeLessThan(free.bytes);
  expect({ ...bound.memory, step: 0, total: 0 }).toEqual({ ...free.memory, step: 0, total: 0 });
});

it("refuses what does not fit with the nearest batch that does", () => {
  const vocabulary = modelSpec<object, object>(llama, {
    ...{ layers: 1, hidden: 16, heads: 2, intermediate: 32, vocab: 32_000, contextLength: 64 },
  });
  const wide = { ...options, context: 64, batch: 12 };
  const totals = [6, 4].map(
    (batch) => fittedStep(vocabulary, { ...wide, batch, accumulation: 12 / batch }).memory.total,
  );
  const [six, four] = totals as [number, number];
  expect(six).toBeGreaterThan(four);
  const refused = (memory: number) => {
    try {
      return fittedStep(vocabulary, { ...wide, memory });
    } catch (error) {
      return (error as { details: object }).details;
    }
  };
  expect(refused(four)).toMatchObject({
    hint: expect.stringMatching(/^batch 4 with accumulation 3, the same step/),
  });
  expect(refused(six)).toMatchObject({ hint: expect.stringMatching(/^batch 6 with accumulation 2, the same step/) });
  // No model fits where Node and the engine alone do not.
  expect(refused(2e8)).toMatchObject({ got: "0.2 GB", hint: expect.stringMatching(/^allow more: .* take 0\.210 GB/) });
  expect(refused(211e6)).toMatchObject({
    got: "0.211 GB",
    hint: expect.stringMatching(/^a batch of 1 does not fit either/),
  });
});

it("holds accumulated gradients, which no snapshot copies", () => {
  const parameters = countParameters(small).total;
  const [one, two] = [1, 2].map((accumulation) => fittedStep(small, { ...options, accumulation }).memory);
  expect((two?.state ?? 0) - (one?.state ?? 0)).toBe(4 * parameters);
  expect([one?.copy, two?.copy]).toEqual([12 * parameters, 12 * parameters]);
});

it("fits a step once, and names the bound that was given when it cannot", () => {
  const { optimizer } = options;
  const reordered = Object.fromEntries(Object.entries(optimizer).reverse()) as unknown as typeof optimizer;
  expect(fittedStep(small, { ...options, optimizer: reordered })).toBe(fittedStep(small, options));
  expect(fittedStep(small, { ...options, batch: 3 })).not.toBe(fittedStep(small, options));
  const tight = () => fittedStep(small, { ...options, accumulation: 2, memory: 100_000 });
  expect(tight).toThrow(expect.objectContaining({ details: expect.objectContaining({ got: "0.0001 GB" }) }));
});
