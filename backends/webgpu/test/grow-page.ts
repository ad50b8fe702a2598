// Trains, grows and trains on, anywhere: the page's half of the test that compares a browser with Node.
import { growState } from "@cambium/growth";
import { initParameters, llama, type ModelSpec, modelSpec, type TrainingState } from "@cambium/model";
import stack from "@cambium/operator-stack";
import { freshState, Trainer } from "@cambium/train";
import backend from "../src/index.js";

const [batch, context, steps] = [2, 16, 6];

/** Losses of six steps of two layers, and of six more of the four that they are stacked to, moments carried. */
export async function trainGrowTrain(): Promise<number[]> {
  const base = modelSpec(llama, {
    ...{ vocab: 64, hidden: 32, intermediate: 48, layers: 2, heads: 4, kvHeads: 2, contextLength: context },
  });
  await using device = await backend.open();
  const losses: number[] = [];
  const train = async (config: ModelSpec, from: TrainingState): Promise<TrainingState> => {
    using trainer = await Trainer.open({ device, model: config, batch, context });
    await trainer.load(from);
    for (let step = 0; step < steps; step++) {
      const at = losses.length * batch * (context + 1);
      const tokens = new Int32Array(batch * (context + 1)).map((_, i) => (7 * (at + i)) % 64);
      losses.push((await trainer.step([tokens], 1e-2)).loss);
    }
    return await trainer.state();
  };
  const trained = await train(base, freshState(initParameters(base, { seed: "page", scheme: "hf" })));
  const plan = stack.plan(base, { factor: 2 });
  await train(plan.target, await growState(plan, trained, { moments: "carry" }));
  return losses;
}
