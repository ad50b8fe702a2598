// The update itself: AdamW's formula with learning-rate multipliers and carried moments, and parameters that do not train.
import type { HostTensor } from "@cambium/ir";
import { type Phase, parameterTable, plainPhase, type TrainingState } from "@cambium/model";
import { describe, expect, it } from "vitest";
import { defaultOptimizer } from "../src/index.js";
import { bits, tensorBits } from "./support/bits.js";
import { batchAt, config, initialState, withTrainer } from "./support/tiny.js";

const names = parameterTable(config).map(({ name }) => name);
const down = "model.layers.1.mlp.down_proj.weight";
const norm = "model.layers.0.input_layernorm.weight";
const lr = 0.01;

const at = (tensors: TrainingState["m"], name: string) => (tensors[name] as HostTensor).data;

describe("AdamW", () => {
  // The gradient is read off the first moment; the rest is the formula of Loshchilov & Hutter, with decay at the
  // unscaled rate.
  it.each([0, 7])(
    "follows the formula after %i earlier updates, multipliers scaling the step and not the decay",
    async (updates) => {
      const { beta1, beta2, eps, weightDecay } = defaultOptimizer;
      const lrMultipliers = { [down]: 0.25, [norm]: 0, "model.embed_tokens.weight": 3 };
      await withTrainer({ phase: { ...plainPhase, lrMultipliers }, optimizer: { clip: null } }, async (trainer) => {
        const before = updates === 0 ? initialState() : await trained(updates);
        await trainer.load(before);
        await trainer.step([batchAt(0)], lr);
        const after = await trainer.state();
        expect(after.updates).toBe(updates + 1);
        for (const name of names) {
          const multiplier = (lrMultipliers as Record<string, number>)[name] ?? 1;
          const wrong = [...at(after.parameters, name)].filter((got, i) => {
            const [p, m, v] = [before.parameters, before.m, before.v].map(
              (part) => at(part, name)[i] as number,
            ) as Triple;
            const [nextM, nextV] = [after.m, after.v].map((part) => at(part, name)[i] as number) as [number, number];
            const gradient = (nextM - beta1 * m) / (1 - beta1);
            const secondMoment = beta2 * v + (1 - beta2) * gradient ** 2;
            const step = nextM / (1 - beta1 ** (updates + 1)) / (Math.sqrt(nextV / (1 - beta2 ** (updates + 1))) + eps);
            const expected = p * (1 - lr * weightDecay) - lr * multiplier * step;
            // f32: the bias corrections lose a digit to cancellation (1e-6), the moments' rounding comes back in the gradient.
            const far = Math.abs(got - expected) > 2e-6 * (Math.abs(p) + lr * multiplier);
            return far || Math.abs(nextV - secondMoment) > 1e-5 * (Math.abs(nextV) + Math.abs(m) ** 2);
          });
          expect(wrong, name).toEqual([]);
        }
      });
    },
  );

  it("clips by the joint norm, which it reports as it was before", async () => {
    const free = await first({ clip: null });
    const clipped = await first({ clip: free.gradNorm / 4 });
    expect(clipped.gradNorm).toBe(free.gradNorm);
    const joint = Math.hypot(...names.flatMap((name) => [...at(free.state.m, name)].map((m) => m / (1 - 0.9))));
    expect(Math.abs(joint / free.gradNorm - 1)).toBeLessThan(1e-6);
    for (const name of names) {
      const wrong = [...at(clipped.state.m, name)].filter((m, i) => {
        const whole = at(free.state.m, name)[i] as number;
        // 1e-6 is added to the norm, as PyTorch does.
        return Math.abs(m - whole / 4) > 3e-6 * Math.abs(whole);
      });
      expect(wrong, name).toEqual([]);
    }
    const loose = await first({ clip: 2 * free.gradNorm });
    expect(bits(loose.state)).toEqual(bits(free.state));
  });
});

describe.each([1, 2])("frozen parameters, accumulation %i", (accumulation) => {
  const frozen = new Set([down, norm, "model.embed_tokens.weight"]);
  const free = names.filter((name) => !frozen.has(name));

  it("stay as they are to the bit, without moments; the others all move", async () => {
    await withTrainer({ phase: { ...plainPhase, frozen: [...frozen] }, accumulation }, async (trainer, device) => {
      const before = initialState();
      await trainer.load(before);
      expect((await device.memory()).tensors).toBe(names.length + 2 * free.length);
      for (let step = 0; step < 10; step++) {
        await trainer.step(
          Array.from({ length: accumulation }, (_, i) => batchAt(step * accumulation + i)),
          lr,
        );
      }
      const after = await trainer.state();
      expect([after.m, after.v].map(Object.keys)).toEqual([free, free]);
      const same = names.filter((name) => {
        return tensorBits(after.parameters[name] as HostTensor) === tensorBits(before.parameters[name] as HostTensor);
      });
      expect(new Set(same)).toEqual(frozen);
      await trainer.load(after);
      expect(bits(await trainer.state())).toEqual(bits(after));
    });
  });

  it("leave the gradient of the others as it was", async () => {
    const clip = null;
    const [some, all] = await Promise.all([
      first({ clip }, { phase: { ...plainPhase, frozen: [...frozen] }, accumulation }),
      first({ clip }, { accumulation }),
    ]);
    expect(some.loss).toBe(all.loss);
    for (const name of free) expect(at(some.state.m, name), name).toEqual(at(all.state.m, name));
  });
});

type Triple = [number, number, number];

/** One step from the initial state. */
function first(optimizer: { clip: number | null }, options: { phase?: Phase; accumulation?: number } = {}) {
  return withTrainer({ ...options, optimizer }, async (trainer) => {
    await trainer.load(initialState());
    const batches = Array.from({ length: trainer.batchesPerStep }, (_, i) => batchAt(i));
    return { ...(await trainer.step(batches, lr)), state: await trainer.state() };
  });
}

/** A state that has seen some updates. */
function trained(updates: number): Promise<TrainingState> {
  return withTrainer({}, async (trainer) => {
    await trainer.load(initialState());
    for (let step = 0; step < updates; step++) await trainer.step([batchAt(50 + step)], lr);
    return trainer.state();
  });
}
