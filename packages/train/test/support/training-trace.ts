// The training trace of the golden fixtures, for any device: AdamW with clipping, warm-up and decay against PyTorch.
import type { Device } from "@cambium/backend";
import type { HostTensor } from "@cambium/ir";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { distance, fixtureNames, readConfig, readJson, readTensors } from "../../../model/test/support/golden.js";
import { freshState, schedule, Trainer } from "../../src/index.js";

interface Golden {
  readonly optimizer: {
    readonly betas: readonly [number, number];
    readonly eps: number;
    readonly weightDecay: number;
    readonly clipNorm: number;
  };
  readonly learningRates: readonly number[];
  readonly rounding: Readonly<Record<"traceLoss" | "traceGradNorm" | "final", number>>;
}

/**
 * What a device may add to the oracle's own rounding; the reference evaluator and ONNX Runtime add 1 to 2.5 times it.
 */
const slack = 10;

/**
 * Declares one test per fixture: 20 steps from the fixture's weights, loss and gradient norm at every step, the
 * parameters after the last. The tolerance of each is `slack` times what PyTorch in float32 differs from itself in
 * float64 (`rounding` in golden.json): some 1e-5 for loss and norm. Parameters spread more: AdamW moves one whose
 * gradient is nothing but rounding by up to the learning rate either way.
 */
export function describeTrainingTrace(name: string, open: () => Promise<Device>): void {
  describe(`training trace on ${name}`, () => {
    let device: Device;
    beforeAll(async () => {
      device = await open();
    });
    afterAll(() => device.close());

    it.each(fixtureNames)("%s: 20 steps as PyTorch takes them", { timeout: 60_000 }, async (fixture) => {
      const { optimizer, learningRates, rounding } = readJson(fixture, "golden.json") as unknown as Golden;
      const golden = readTensors(fixture, "golden.safetensors");
      const held = (key: string) => golden[key] as HostTensor;
      const [steps, batch, length] = held("trace.tokens").shape as [number, number, number];
      const [beta1, beta2] = optimizer.betas;
      using trainer = await Trainer.open({
        device,
        model: readConfig(fixture),
        ...{ batch, context: length - 1 },
        optimizer: { beta1, beta2, eps: optimizer.eps, weightDecay: optimizer.weightDecay, clip: optimizer.clipNorm },
      });
      const rate = schedule({ name: "constant", peak: 1e-3, warmup: 5 * trainer.tokensPerStep });
      const rates = learningRates.map((_, step) => rate(step * trainer.tokensPerStep, trainer.tokensPerStep));
      expect(worst(rates, learningRates)).toBeLessThan(1e-15);
      await trainer.load(freshState(readTensors(fixture, "model.safetensors")));
      const { tensors } = await device.memory();

      const losses: number[] = [];
      const norms: number[] = [];
      for (let step = 0; step < steps; step++) {
        const tokens = held("trace.tokens").data.slice(step * batch * length, (step + 1) * batch * length);
        const { loss, gradNorm } = await trainer.step([tokens as Int32Array], rates[step] as number);
        losses.push(loss);
        norms.push(gradNorm);
      }
      expect(worst(losses, held("trace.loss").data)).toBeLessThan(slack * rounding.traceLoss);
      expect(worst(norms, held("trace.grad_norm").data)).toBeLessThan(slack * rounding.traceGradNorm);
      expect((await device.memory()).tensors).toBe(tensors);

      const { parameters, updates } = await trainer.state();
      expect(updates).toBe(steps);
      const far = Object.entries(parameters)
        .map(([key, { data }]) => ({ key, distance: distance(data, held(`final.${key}`).data) }))
        .filter((result) => !(result.distance < slack * rounding.final));
      expect(far).toEqual([]);
    });
  });
}

/** Largest relative difference, step by step. */
function worst(actual: readonly number[], expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  return Math.max(...actual.map((x, i) => Math.abs(x / (expected[i] as number) - 1)));
}
