// Memory: a training process's peak memory compared with what `cambium plan` predicts for the backend onnx, over shapes
// between 0.3 and 2 GB. As in a run, weights are made and uploaded, steps follow, and a snapshot downloads the state.
import { initParameters } from "@cambium/model";
import { defaultOptimizer, fittedStep, freshState, Trainer } from "@cambium/train";
import { parity } from "../parity.js";
import { batchAt, modelOf, type StepConfig } from "../step-config.js";
import type { DeviceSuite } from "../suite.js";
import { caseOf, configOf } from "../suites/step.js";
import { timed } from "../timed.js";

const shape = (
  layers: number,
  hidden: number,
  heads: number,
  rest: Omit<StepConfig, "layers" | "hidden" | "heads" | "kvHeads">,
) => {
  return { layers, hidden, heads, kvHeads: heads, ...rest };
};

const shapes: readonly StepConfig[] = [
  shape(4, 128, 4, { intermediate: 336, vocab: 256, context: 128, batch: 16 }),
  shape(8, 256, 4, { intermediate: 688, vocab: 256, context: 256, batch: 8 }),
  shape(12, 384, 6, { intermediate: 1024, vocab: 4096, context: 256, batch: 4 }),
  shape(6, 512, 8, { intermediate: 1376, vocab: 32_000, context: 128, batch: 4 }),
  shape(4, 256, 4, { intermediate: 688, vocab: 32_000, context: 256, batch: 8 }),
  shape(24, 192, 3, { intermediate: 512, vocab: 256, context: 512, batch: 4 }),
];

/** Number of steps; memory peaks from the second on. */
const steps = 3;

/** Largest relative error of the prediction. */
const tolerance = 0.15;

export const memory: DeviceSuite = {
  name: "memory",
  summary: "a training process's memory against plan's prediction for onnx",
  unit: "s",
  bound: null,
  on: "device",
  fresh: true,
  extra: true,
  cases: (quick) => shapes.slice(0, quick ? 1 : shapes.length).map(caseOf),
  async prepare(one, device) {
    const config = configOf(one);
    const { batch, context } = config;
    const model = modelOf(config);
    let peak = Number.NaN;
    return {
      work: {},
      turn: (count) =>
        timed(count, async () => {
          using trainer = await Trainer.open({ device, model, batch, context, optimizer: defaultOptimizer });
          await trainer.load(freshState(initParameters(model, { seed: "memory", scheme: "hf" })));
          for (let step = 0; step < steps; step++) await trainer.step([batchAt(config, step)], 1e-4);
          await trainer.state();
          peak = process.resourceUsage().maxRSS * 1024;
        }),
      async parity() {
        const step = fittedStep(model, { batch, context, accumulation: 1, optimizer: defaultOptimizer });
        const { total } = step.memory;
        const mega = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
        const off = total / peak - 1;
        const against = `${mega(peak)} taken, ${mega(total)} predicted: ${(100 * off).toFixed(1)} %`;
        return parity(Math.abs(off), tolerance, against);
      },
      dispose: () => {},
    };
  },
};
