// Training in mixed precision on an adapter with shader-f16: the golden models as the reference takes the same graph, steps
// whose gradients overflow, and a run that stops and goes on.
import { readFileSync } from "node:fs";
import type { Device } from "@cambium/backend";
import { useLavapipe } from "@cambium/browser";
import type { HostTensor } from "@cambium/ir";
import { freshState, type LossScale, Trainer, type TrainingState } from "@cambium/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig, readTensors } from "../../../packages/model/test/support/golden.js";
import { bits } from "../../../packages/train/test/support/bits.js";
import { mixedFixtures, type Trace, traceOf } from "../../../packages/train/test/support/reference-trace.js";
import backend from "../src/index.js";

const missing = await useLavapipe();
const written = (file: string) =>
  JSON.parse(readFileSync(new URL(`../../../packages/train/test/golden/${file}`, import.meta.url), "utf8")) as Readonly<
    Record<string, Trace>
  >;

/** Largest relative difference of losses, and of norms. */
function distance(a: Trace, b: Trace): [loss: number, norm: number] {
  const far = (which: 0 | 1) =>
    Math.max(...a.map((values, step) => Math.abs(values[which] / ((b[step] as Trace[0])[which] as number) - 1)));
  return [far(0), far(1)];
}

describe.skipIf(missing !== undefined)(`on lavapipe${missing === undefined ? "" : ` (${missing})`}`, () => {
  let device: Device;
  beforeAll(async () => {
    device = await backend.open({ adapter: "llvmpipe", kernels: "gpu" });
  });
  afterAll(() => device?.close());

  // Both sum in f32, in another order: a value close to the middle between two neighbours in f16 goes to the one or the
  // other, and an operand is then off by 2^-10 of itself. Fifty steps add that up to about 2e-4 of the loss and 2e-3 of
  // the norm, as far as mixed precision is from f32 altogether. Five times that is allowed.
  test.each(mixedFixtures)("fifty steps of %s, twice the same bits", { timeout: 300_000 }, async (fixture) => {
    const first = await traceOf(device, fixture, "mixed");
    expect(await traceOf(device, fixture, "mixed")).toEqual(first);
    for (const file of ["reference-trace-mixed.json", "reference-trace.json"]) {
      const [loss, norm] = distance(first, written(file)[fixture] as Trace);
      expect(loss, file).toBeLessThan(1e-3);
      expect(norm, file).toBeLessThan(1e-2);
    }
  });

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
      ...{ device, config: readConfig(fixture), batch, time: length - 1, precision: "mixed" },
    });
    await trainer.load(state);
    const results = [];
    for (let step = from; step < to; step++) {
      const at = step * batch * length;
      results.push(await trainer.step([data.slice(at, at + batch * length)], 1e-3));
    }
    return { results, state: await trainer.state() };
  };

  test("steps whose gradients overflow change nothing but the scale; training goes on below", async () => {
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

  test("a run that stops and goes on ends in the bits of one that does not", async () => {
    const whole = await train(begin(), 0, 4);
    const half = await train(begin(), 0, 2);
    const rest = await train(half.state, 2, 4);
    expect([...half.results, ...rest.results]).toEqual(whole.results);
    expect(bits(rest.state)).toEqual(bits(whole.state));
  });
});
