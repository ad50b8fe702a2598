// Training in mixed precision on an adapter with shader-f16: the golden models compared with the reference on the same
// graph, steps whose gradients overflow, and a run that stops and continues.

import type { Device } from "@cambium/backend";
import { useLavapipe } from "@cambium/browser";
import type { HostTensor } from "@cambium/ir";
import type { LossScale, TrainingState } from "@cambium/model";
import { freshState, Trainer } from "@cambium/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig, readTensors } from "../../../packages/model/test/support/golden.js";
import { bits } from "../../../packages/train/test/support/bits.js";
import { describeMixedTrace } from "../../../packages/train/test/support/reference-trace.js";
import backend from "../src/index.js";

const missing = await useLavapipe();
describe.skipIf(missing !== undefined)(`on lavapipe${missing === undefined ? "" : ` (${missing})`}`, () => {
  const open = () => backend.open({ adapter: "llvmpipe", kernels: "gpu" });
  describeMixedTrace("WebGPU", open);

  let device: Device;
  beforeAll(async () => {
    device = await open();
  });
  afterAll(() => device?.close());

  const fixture = "gqa-tied";
  const { data, shape } = readTensors(fixture, "golden.safetensors")["trace.tokens"] as HostTensor<"i32">;
  const [, batch, length] = shape as [number, number, number];
  const begin = (lossScale?: LossScale): TrainingState => ({
    ...freshState(readTensors(fixture, "model.safetensors")),
    ...(lossScale && { lossScale }),
  });
  /** Takes the steps `from` … `to` on a trainer of its own. */
  const train = async (state: TrainingState, from: number, to: number) => {
    using trainer = await Trainer.open({
      ...{ device, model: readConfig(fixture), batch, context: length - 1, precision: "mixed" },
    });
    await trainer.load(state);
    const results = [];
    for (let step = from; step < to; step++) {
      const at = step * batch * length;
      results.push(await trainer.step([data.slice(at, at + batch * length)], 1e-3));
    }
    return { results, state: await trainer.state() };
  };

  const timeout = 240_000;
  test("steps whose gradients overflow change nothing but the scale; training goes on below", { timeout }, async () => {
    const huge = begin({ scale: 2 ** 40, finiteSteps: 3 });
    const { results, state } = await train(huge, 0, 3);
    expect(results.map(({ skipped, lossScale }) => [skipped, lossScale])).toEqual([
      [true, 2 ** 40],
      [true, 2 ** 39],
      [true, 2 ** 38],
    ]);
    expect(results.every(({ loss, gradNorm }) => Number.isFinite(loss) && !Number.isFinite(gradNorm))).toBe(true);
    expect(bits(state)).toEqual(bits({ ...huge, lossScale: { scale: 2 ** 37, finiteSteps: 0 } }));
    const below = await train({ ...state, lossScale: { scale: 2 ** 12, finiteSteps: 0 } }, 3, 5);
    expect(below.results.map(({ skipped }) => skipped)).toEqual([false, false]);
    expect(below.state).toMatchObject({ updates: 2, lossScale: { scale: 2 ** 12, finiteSteps: 2 } });
  });

  test("a run that stops and continues ends with the bits of one that does not", { timeout }, async () => {
    const whole = await train(begin(), 0, 4);
    const half = await train(begin(), 0, 2);
    const rest = await train(half.state, 2, 4);
    expect([...half.results, ...rest.results]).toEqual(whole.results);
    expect(bits(rest.state)).toEqual(bits(whole.state));
  });
});
