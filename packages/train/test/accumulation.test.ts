// Gradient accumulation: k micro-batches are one batch k times as large, and nothing is left over between steps.
import type { Device, Executable } from "@cambium/backend";
import { referenceBackend } from "@cambium/backend";
import { CambiumError, type HostTensor } from "@cambium/ir";
import { parameterTable } from "@cambium/model";
import { describe, expect, it } from "vitest";
import { distance } from "../../model/test/support/golden.js";
import { flattenState, Trainer } from "../src/index.js";
import { bits } from "./support/bits.js";
import { errorOf } from "./support/errors.js";
import { batchAt, config, initialState, size, withTrainer } from "./support/tiny.js";

const steps = 3;
const lr = 1e-3;

/** Results and final state of a few steps; step i reads micro-batches i·k … i·k + k − 1. */
async function train(trainer: Trainer, micro: (step: number) => Int32Array[]) {
  await trainer.load(initialState());
  const results = [];
  for (let step = 0; step < steps; step++) results.push(await trainer.step(micro(step), lr));
  return { results, state: await trainer.state() };
}

const microBatches = (k: number) => (step: number) => Array.from({ length: k }, (_, i) => batchAt(step * k + i));

describe.each([2, 3])("accumulation over %i micro-batches", (k) => {
  it("equals one large batch", async () => {
    const joined = (step: number) => [Int32Array.from(microBatches(k)(step).flatMap((batch) => [...batch]))];
    const large = await withTrainer({ batch: k * size.batch }, (trainer) => train(trainer, joined));
    const accumulated = await withTrainer({ accumulation: k }, (trainer) => train(trainer, microBatches(k)));
    // One rounding to f32 (6e-8) more for each share, sum and mean: some ten of them in loss and norm, relative.
    for (const [i, { loss, gradNorm }] of accumulated.results.entries()) {
      const expected = large.results[i] as { loss: number; gradNorm: number };
      expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(1e-6);
      expect(Math.abs(gradNorm / expected.gradNorm - 1)).toBeLessThan(1e-6);
    }
    // Moments are sums of gradients, with as much rounding against the largest (1e-6 measured). A parameter moves by
    // lr·m/√v: rounding of the smallest gradients shows there, but lr / max |parameter| makes it small (1e-7 measured).
    const [a, b] = [accumulated.state, large.state].map(flattenState) as [Tensors, Tensors];
    expect(Object.keys(a)).toEqual(Object.keys(b));
    const far = Object.entries(a).map(([name, { data }]) => ({
      name,
      distance: distance(data, (b[name] as HostTensor).data),
    }));
    expect(far.filter((result) => !(result.distance < 5e-6))).toEqual([]);
  });
});

type Tensors = Record<string, HostTensor>;

it("keeps the sums out of the state, and as many tensors from step to step", async () => {
  const names = parameterTable(config).map(({ name }) => name);
  await withTrainer({ accumulation: 2 }, async (trainer, device) => {
    await trainer.load(initialState());
    expect((await device.memory()).tensors).toBe(3 * names.length);
    for (let step = 0; step < steps; step++) {
      await trainer.step(microBatches(2)(step), lr);
      expect((await device.memory()).tensors).toBe(4 * names.length);
      const held = await trainer.state();
      expect([held.parameters, held.m, held.v].map(Object.keys)).toEqual([names, names, names]);
      expect(Object.keys(trainer.parameters)).toEqual(names);
    }
  });
});

it("forgets what a failed step accumulated", async () => {
  const clean = await withTrainer({ accumulation: 2 }, (trainer) => train(trainer, microBatches(2)));
  await using device = await referenceBackend.open();
  const failAt = { run: Number.POSITIVE_INFINITY };
  using trainer = await Trainer.open({ device: failing(device, failAt), model: config, ...size, accumulation: 2 });
  await train(trainer, microBatches(2));
  const before = bits(await trainer.state());
  for (const micro of [1, 2]) {
    failAt.run = micro;
    const error = await errorOf(() => trainer.step([batchAt(100), batchAt(101)], lr));
    expect(error.code).toBe("E_DEVICE_LOST");
    expect(bits(await trainer.state())).toEqual(before);
    expect((await device.memory()).tensors).toBe(3 * parameterTable(config).length);
  }
  failAt.run = Number.POSITIVE_INFINITY;
  expect(bits((await train(trainer, microBatches(2))).state)).toEqual(bits(clean.state));
});

/** `device`, except that its `at.run`-th run from now fails before it starts. */
function failing(device: Device, at: { run: number }): Device {
  const wrap = (executable: Executable): Executable => ({
    ...executable,
    run: async (inputs, options) => {
      at.run -= 1;
      if (at.run === 0) throw new CambiumError("E_DEVICE_LOST", "as the test wants it");
      return executable.run(inputs, options);
    },
  });
  return { ...device, compile: async (graph) => wrap(await device.compile(graph)) };
}
