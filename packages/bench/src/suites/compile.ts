// Compile: from a graph to the end of its first training step, by depth. Each sample is a process, because kernels are
// cached.
import { hostTensor } from "@cambium/ir";
import { initParameters } from "@cambium/model";
import { defaultOptimizer, flattenState, freshState, trainStepGraph } from "@cambium/train";
import { modelOf, type StepConfig } from "../step-config.js";
import type { DeviceSuite } from "../suite.js";
import { caseOf, configOf, stepParity } from "./step.js";

const depths: readonly StepConfig[] = [3, 6, 12, 24].map((layers) => {
  return { layers, hidden: 128, intermediate: 344, heads: 4, kvHeads: 4, vocab: 256, batch: 4, context: 64 };
});

export const compile: DeviceSuite = {
  name: "compile",
  summary: "from a graph to the end of its first training step, by depth",
  unit: "s",
  bound: null,
  on: "device",
  fresh: true,
  extra: true,
  cases: (quick) => depths.slice(0, quick ? 1 : 4).map(caseOf),
  async prepare(one, device) {
    const config = configOf(one);
    const { batch, context } = config;
    const model = modelOf(config);
    const state = flattenState(freshState(initParameters(model, { seed: "bench", scheme: "hf" })));
    const tokens = hostTensor("i32", [batch, context + 1]);
    const inputs = { ...state, tokens, lr: hostTensor("f32", [], [1e-3]), step: hostTensor("i32", [], [1]) };
    return {
      work: {},
      async turn(count) {
        const seconds: number[] = [];
        for (let i = 0; i < count; i++) {
          const began = performance.now();
          using executable = await device.compile(
            trainStepGraph(model, { batch, context, optimizer: defaultOptimizer }),
          );
          const { outputs, fetched } = await executable.run(inputs, { fetch: ["loss"] });
          await fetched;
          seconds.push((performance.now() - began) / 1000);
          for (const tensor of Object.values(outputs)) tensor.dispose();
        }
        return seconds;
      },
      parity: () => stepParity(device, config),
      dispose: () => {},
    };
  },
};
