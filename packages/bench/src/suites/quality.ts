// Quality: how long a model trains on a text until it reaches a fixed held-out loss (after MLPerf's time to quality).
import { evaluationBatches, type TokenReader, tokensInMemory, batchAt as windowsAt } from "@cambium/data";
import { CambiumError } from "@cambium/ir";
import { initParameters } from "@cambium/model";
import { freshState, Trainer } from "@cambium/train";
import { modelOf, type StepConfig } from "../step-config.js";
import type { DeviceSuite } from "../suite.js";
import { configOf, stepParity } from "./step.js";

const config: StepConfig = {
  ...{ layers: 2, hidden: 64, intermediate: 176, heads: 2, kvHeads: 2, vocab: 256, batch: 8, context: 64 },
};

/** Nats per byte. Letter frequencies alone give 3.1; below that a model has learnt from context. */
const target = 2.6;
const rate = 3e-3;
/** Steps between two evaluations, and the most steps. */
const [every, most] = [10, 400];
const heldOut = 0.05;

/** @param text loaded when the suite runs; its last part is held out */
export function quality(text: () => Promise<string>): DeviceSuite {
  return {
    name: "quality",
    summary: "training on Moby-Dick to a held-out loss, with joules if the machine counts them",
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
        async turn() {
          const began = performance.now();
          const steps = await train(trainer, tokens, held);
          if (steps === null)
            throw new CambiumError("E_BENCH_QUALITY", `the held-out loss did not reach ${target}`, {
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

/** @returns the number of steps, or null if the target was not reached */
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
