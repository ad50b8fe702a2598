// Quality: how long a model trains on a text until its held-out loss is a fixed one (after MLPerf's time to quality).
import { evaluationBatches, type TokenReader, tokensInMemory, batchAt as windowsAt } from "@cambium/data";
import { CambiumError } from "@cambium/ir";
import { initParameters } from "@cambium/model";
import { freshState, Trainer } from "@cambium/train";
import { modelOf, type StepConfig } from "../step-config.js";
import type { DeviceSuite } from "../suite.js";
import { configOf, stepEngaged, stepParity } from "./step.js";

const config: StepConfig = {
  ...{ layers: 2, hidden: 64, intermediate: 176, heads: 2, kvHeads: 2, vocab: 256, batch: 8, context: 64 },
};

/** Nats per byte. Of single letters 3.1 remain; below that a model has learnt what follows what. */
const target = 2.6;
const rate = 3e-3;
/** Steps between two measurements of held-out loss, and at most. */
const [every, most] = [10, 400];
const heldOut = 0.05;

/** @param text of which the last part is held out; loaded when the suite runs */
export function quality(text: () => Promise<string>): DeviceSuite {
  return {
    name: "quality",
    summary: "training on Moby-Dick until a held-out loss, with joules where the machine counts them",
    unit: "s",
    bound: null,
    on: "device",
    fresh: true,
    cases: () => [{ name: `2Lx64-to-${target}`, size: { ...config, target } }],
    async prepare(one, device) {
      const bytes = new TextEncoder().encode(await text());
      const cut = Math.floor(bytes.length * (1 - heldOut));
      const { batch, context } = config;
      const tokens = tokensInMemory(bytes.subarray(0, cut));
      const windows = evaluationBatches(tokensInMemory(bytes.subarray(cut)), { batch, context, windows: 32 });
      const model = modelOf(configOf(one));
      const trainer = await Trainer.open({ device, model, batch, context });
      await trainer.load(freshState(initParameters(model, { seed: "bench", scheme: "hf" })));
      const held = Array.from({ length: windows.count }, (_, i) => windows.at(i));
      return {
        work: {},
        engaged: stepEngaged(device, config),
        async turn() {
          const began = performance.now();
          const steps = await train(trainer, tokens, held);
          if (steps === null)
            throw new CambiumError("E_BENCH_QUALITY", `the held-out loss did not come to ${target}`, {
              got: `${most} steps on ${device.info.device}`,
            });
          return [(performance.now() - began) / 1000];
        },
        parity: () => stepParity(device, config),
        dispose: () => trainer.dispose(),
      };
    },
  };
}

/** @returns the steps that it took, or null where it never came so far */
async function train(trainer: Trainer, tokens: TokenReader, held: readonly Int32Array[]): Promise<number | null> {
  const { batch, context } = config;
  for (let done = 0; done < most; ) {
    for (let i = 0; i < every; i++, done++) {
      const rows = windowsAt(tokens, { seed: 1, tokenPosition: done * batch * context, batch, context });
      const stepped = trainer.step([rows], rate);
      if (i === every - 1) await stepped;
    }
    if ((await trainer.evaluate(held)) <= target) return done;
  }
  return null;
}
