// A peer in a page: opens Chromium on SwiftShader (or, with `system`, on this machine's GPU) and drives the page given.
import { referenceBackend } from "@cambium/backend";
import { batchAt, modelOf, type StepConfig, type Work } from "@cambium/bench";
import { openChromium, openPage } from "@cambium/browser";
import { graphCost } from "@cambium/ir";
import { defaultOptimizer, freshState, Trainer, trainStepGraph } from "@cambium/train";
import { type Counts, initialParameters, learningRate, type Taken } from "../src/browser-page.js";
import { serve } from "./serve.js";

const [page = "", adapter = "swiftshader"] = process.argv.slice(2);
const compared = 3;

await serve(async (suite, { size }) => {
  const config = size as unknown as StepConfig;
  const browser = await openChromium({ adapter: adapter === "system" ? "system" : "swiftshader" });
  const session = await openPage(browser, { entry: new URL(page, import.meta.url).pathname });
  // What the suite compile measures: from a model to the end of its first step, in a page that has compiled nothing.
  const once = suite === "compile";
  if (!once) await session.call<Taken>("setup", config);
  return {
    ...{ device: `Chromium, ${adapter}`, version: "", work: once ? {} : workOf(config), once },
    fallback: adapter === "system" ? undefined : "software adapter: a CPU stands in for a GPU",
    async turn(count) {
      if (once) return [(await session.call<Taken>("setup", config)).seconds];
      const { seconds } = await session.call<Taken>("steps", count);
      return Array.from({ length: count }, () => seconds);
    },
    async parity() {
      const small = { ...config, layers: Math.min(config.layers, 2), batch: 1, context: 8 };
      const first = await session.call<Taken>("setup", small);
      const { losses } = await session.call<Taken>("steps", compared - 1);
      const want = await expected(small);
      const error = Math.max(
        ...[...first.losses, ...losses].map((loss, i) => Math.abs(loss / (want[i] as number) - 1)),
      );
      return { agrees: error <= 1e-4, error, tolerance: 1e-4, against: `${compared} losses of the reference` };
    },
    residentBytes: () => null,
    close: async () => {
      await session.call<Counts>("counts");
      await browser.close();
    },
  };
});

function workOf(config: StepConfig): Work {
  const { batch, context } = config;
  const graph = trainStepGraph(modelOf(config), { batch, context, optimizer: defaultOptimizer });
  return { tokens: batch * context, flops: graphCost(graph).matrixFlops };
}

async function expected(config: StepConfig): Promise<readonly number[]> {
  await using device = await referenceBackend.open();
  const model = modelOf(config);
  using trainer = await Trainer.open({ device, model, batch: config.batch, context: config.context });
  await trainer.load(freshState(initialParameters(model)));
  const losses: number[] = [];
  for (let i = 0; i < compared; i++) losses.push((await trainer.step([batchAt(config, i)], learningRate)).loss);
  return losses;
}
