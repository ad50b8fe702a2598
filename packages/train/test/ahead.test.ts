// Steps requested before the previous one is done: the same bits, in order; after a late failure all later ones fail.
import { type Device, type DeviceTensor, type Executable, Pending, referenceBackend } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";
import { describe, expect, it } from "vitest";
import { Trainer } from "../src/index.js";
import { bits } from "./support/bits.js";
import { errorOf } from "./support/errors.js";
import { batchAt, config, initialState, size, withTrainer } from "./support/tiny.js";

const lr = 0.01;
const steps = 5;

describe.each([1, 2])("a trainer, accumulation %i", (accumulation) => {
  const batches = (step: number) => Array.from({ length: accumulation }, (_, i) => batchAt(step * accumulation + i));
  const train = async (trainer: Trainer) => {
    await trainer.load(initialState());
    const results = [];
    for (let step = 0; step < steps; step++) results.push(await trainer.step(batches(step), lr));
    return { results, loss: await trainer.evaluate([batchAt(99)]), state: bits(await trainer.state()) };
  };

  it("carries out requests made ahead in order, to the same bits", async () => {
    const want = await withTrainer({ accumulation }, train);
    const got = await withTrainer({ accumulation }, async (trainer) => {
      const loaded = trainer.load(initialState());
      const results = Array.from({ length: steps }, (_, step) => trainer.step(batches(step), lr));
      const [loss, state] = [trainer.evaluate([batchAt(99)]), trainer.state()];
      // The results above must not depend on these later requests.
      const rest = [trainer.step(batches(steps), lr), trainer.load(initialState())];
      await Promise.all([loaded, ...rest]);
      return { results: await Promise.all(results), loss: await loss, state: bits(await state) };
    });
    expect(got).toEqual(want);
  });

  it("fails every request after a step that lost the state, until one is loaded", async () => {
    const want = await withTrainer({ accumulation }, train);
    await using device = await referenceBackend.open();
    const failAt = { run: Number.POSITIVE_INFINITY };
    using trainer = await Trainer.open({ device: failingLate(device, failAt), model: config, ...size, accumulation });
    await train(trainer);
    failAt.run = accumulation === 1 ? 1 : accumulation + 1;
    // Nobody awaits the first two.
    for (const step of [0, 1]) trainer.step(batches(step), lr);
    for (const ask of [
      () => trainer.step(batches(2), lr),
      () => trainer.evaluate([batchAt(99)]),
      () => trainer.state(),
    ])
      expect((await errorOf(ask)).code).toBe("E_DEVICE_LOST");
    expect(await train(trainer)).toEqual(want);
    trainer.dispose();
    expect(await device.memory()).toMatchObject({ tensors: 0, executables: 0 });
  });

  it("may be disposed while steps wait, and leaves nothing", async () => {
    await using device = await referenceBackend.open();
    const trainer = await Trainer.open({ device, model: config, ...size, accumulation });
    await trainer.load(initialState());
    const results = [trainer.step(batches(0), lr), trainer.step(batches(1), lr)];
    trainer.dispose();
    await Promise.all(results);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await device.memory()).toMatchObject({ tensors: 0, executables: 0 });
  });
});

it("drops the sums of a step that fails late while accumulating, and continues from the previous state", async () => {
  await using device = await referenceBackend.open();
  const failAt = { run: Number.POSITIVE_INFINITY };
  using trainer = await Trainer.open({ device: failingLate(device, failAt), model: config, ...size, accumulation: 2 });
  const step = () => trainer.step([batchAt(0), batchAt(1)], lr);
  await trainer.load(initialState());
  const want = await step();
  for (const run of [1, 2]) {
    await trainer.load(initialState());
    failAt.run = run;
    expect((await errorOf(step)).code).toBe("E_DEVICE_LOST");
    expect(await step()).toEqual(want);
  }
});

/** `device`, except that its `at.run`-th run from now is handed over and then fails, and its outputs are gone. */
function failingLate(device: Device, at: { run: number }): Device {
  const lost = new CambiumError("E_DEVICE_LOST", "as the test wants it");
  const gone = new Set<DeviceTensor>();
  const check = (tensors: readonly object[]) => {
    if (tensors.some((tensor) => gone.has(tensor as DeviceTensor))) throw lost;
  };
  const wrap = (executable: Executable): Executable => ({
    ...executable,
    run: async (inputs, options) => {
      check(Object.values(inputs));
      const result = await executable.run(inputs, options);
      at.run -= 1;
      if (at.run !== 0) return result;
      for (const tensor of Object.values(result.outputs)) {
        tensor.dispose();
        gone.add(tensor);
      }
      return { ...result, fetched: new Pending().track(Promise.reject(lost)) };
    },
  });
  return {
    ...device,
    compile: async (graph) => wrap(await device.compile(graph)),
    download: async (tensor) => {
      check([tensor]);
      return device.download(tensor);
    },
  };
}
