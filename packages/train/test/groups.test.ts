// Parameter groups: rates that warm up by themselves, factors and decay, against AdamW written out by hand.
import type { HostTensor } from "@cambium/ir";
import { type ParameterGroup, parameterTable, plainPhase, type TrainingState } from "@cambium/model";
import { describe, expect, it } from "vitest";
import { defaultOptimizer, schedule } from "../src/index.js";
import { bits } from "./support/bits.js";
import { batchAt, config, initialState, withTrainer } from "./support/tiny.js";

const table = parameterTable(config);
const names = table.map(({ name }) => name);
const inLayer = (index: number) => table.flatMap(({ name, layer }) => (layer === index ? [name] : []));
const undecayed = table.flatMap(({ name, kind, layer }) => (kind === "norm" && layer === undefined ? [name] : []));
const lr = 0.01;

const at = (tensors: TrainingState["m"], name: string) => (tensors[name] as HostTensor).data;

describe.each([1, 2])("parameter groups, accumulation %i", (accumulation) => {
  const batches = (step: number) => Array.from({ length: accumulation }, (_, i) => batchAt(step * accumulation + i));

  it("follow AdamW by hand: a warm-up of some alone, a factor, no decay", async () => {
    const { beta1, beta2, eps, weightDecay } = defaultOptimizer;
    await withTrainer({ accumulation }, async ({ tokensPerStep }) => {
      const groups: ParameterGroup[] = [
        { parameters: inLayer(1), lr: 1, warmup: 3 * tokensPerStep, decay: true },
        { parameters: ["model.embed_tokens.weight"], lr: 0.5, warmup: 0, decay: true },
        { parameters: undecayed, lr: 1, warmup: 0, decay: false },
      ];
      await withTrainer(
        { phase: { ...plainPhase, groups }, accumulation, optimizer: { clip: null } },
        async (trainer) => {
          await trainer.load(initialState());
          for (let step = 1; step <= 5; step++) {
            await trainer.advance((step - 1) * tokensPerStep);
            const before = await trainer.state();
            await trainer.step(batches(step), lr);
            const after = await trainer.state();
            for (const name of names) {
              const group = groups.find(({ parameters }) => parameters.includes(name));
              const rising = group?.warmup ? Math.min(1, step / 3) : 1;
              const rate = lr * (group?.lr ?? 1) * rising;
              const decay = group?.decay === false ? 0 : weightDecay;
              const wrong = [...at(after.parameters, name)].filter((got, i) => {
                const [p, m, v] = [before.parameters, after.m, after.v].map((part) => at(part, name)[i] as number);
                const size =
                  (m as number) / (1 - beta1 ** step) / (Math.sqrt((v as number) / (1 - beta2 ** step)) + eps);
                const expected = (p as number) * (1 - rate * decay) - rate * size;
                // f32: the bias corrections lose a digit to cancellation (1e-6).
                return Math.abs(got - expected) > 2e-6 * (Math.abs(p as number) + rate);
              });
              expect(wrong, `${name}, step ${step}`).toEqual([]);
            }
          }
        },
      );
    });
  });

  it("with everything in one that warms up equal the schedule's own new warm-up, also when continued within it", async () => {
    const run = (groups: readonly ParameterGroup[], rewarm: number, resumeAt: number) =>
      withTrainer({ phase: { ...plainPhase, groups }, accumulation }, async (trainer) => {
        const rate = schedule({ name: "constant", peak: lr, rewarm });
        const { tokensPerStep } = trainer;
        let state = initialState();
        for (let step = 0; step < 5; step++) {
          if (step === 0 || step === resumeAt) await trainer.load(state);
          await trainer.advance(step * tokensPerStep);
          await trainer.step(batches(step), rate(step * tokensPerStep, tokensPerStep));
          state = await trainer.state();
        }
        return bits(state);
      });
    const { tokensPerStep } = await withTrainer({ accumulation }, async (trainer) => trainer);
    const warmup = 3 * tokensPerStep;
    const all = [{ parameters: names, lr: 1, warmup, decay: true }];
    const whole = await run([], warmup, 0);
    expect(await run(all, 0, 0)).toEqual(whole);
    expect(await run(all, 0, 2)).toEqual(whole);
    expect(await run([], 0, 0)).not.toEqual(whole);
  });
});

it("groups are refused with every mistake", async () => {
  const groups = [
    { parameters: ["nothing", names[0] as string], lr: -1, warmup: 0, decay: true },
    { parameters: [names[0] as string], lr: 1, warmup: Number.NaN, decay: true },
  ];
  const opened = withTrainer({ phase: { ...plainPhase, groups } }, async () => {});
  await expect(opened).rejects.toMatchObject({ code: "E_TRAINER" });
  const { details } = await opened.catch((error) => error);
  expect(details.reasons.map(({ message }: { message: string }) => message)).toEqual([
    "the model has no such parameter",
    "has an invalid lr",
    "is listed twice in the groups",
    "has an invalid warmup",
  ]);
});
