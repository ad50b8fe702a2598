// pnpm bench switch: what the switch to a grown model costs beside the grown model's training steps, state on the device.
import { parseArgs } from "node:util";
import { type Device, resolveBackend } from "@cambium/backend";
import { median } from "@cambium/bench";
import { useSwiftShader } from "@cambium/browser";
import { prepareGrowth } from "@cambium/grow";
import { depthOperator, type OptimizerPolicy, optimizerPolicies } from "@cambium/growth";
import { initParameters, llama, type ModelSpec, modelSpec } from "@cambium/model";
import { nodeImporter } from "@cambium/plugin/node";
import { freshState, Trainer } from "@cambium/train";

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "onnx" },
    layers: { type: "string", default: "8" },
    factor: { type: "string", default: "4" },
    hidden: { type: "string", default: "256" },
    batch: { type: "string", default: "4" },
    context: { type: "string", default: "128" },
    moments: { type: "string", default: "carry" },
    steps: { type: "string", default: "3" },
    swiftshader: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(`pnpm bench switch [--backend onnx] [--layers 8] [--factor 4] [--hidden 256] [--batch 4] [--context 128]
  [--moments ${optimizerPolicies.join("|")}] [--steps 3] [--swiftshader]

Trains a base for two steps, stacks it where it is, and trains the grown model: seconds of the switch, trainer and growth
compiled before, and of the median later step. --swiftshader computes on SwiftShader, whatever GPUs there are.`);
  process.exit(0);
}
if (values.swiftshader) await useSwiftShader();
const [layers, factor, hidden, batch, context, steps] = [
  ...[values.layers, values.factor, values.hidden, values.batch, values.context, values.steps].map(Number),
] as [number, number, number, number, number, number];
const moments = optimizerPolicies.find((policy) => policy === values.moments) as OptimizerPolicy;

const base = modelSpec(llama, {
  ...{ vocab: 256, hidden, intermediate: Math.ceil((8 * hidden) / 24) * 8, layers },
  ...{ heads: hidden / 32, contextLength: context },
});
const stack = depthOperator({
  name: "stack",
  version: "1.0.0",
  summary: "The whole again.",
  layers: (of, target) => Array.from({ length: target }, (_, t) => t % of),
});
const plan = stack.plan(base, { factor });
const backend = await resolveBackend(values.backend, nodeImporter(process.cwd(), import.meta.dirname));
await using device = await backend.open();
using small = await open(device, base);
using large = await open(device, plan.target);
using growth = await prepareGrowth(device, plan, { policy: moments });

await small.load(freshState(initParameters(base, { seed: "bench", scheme: "hf" })));
await step(small);
await step(small);
const switched = await seconds(async () => {
  const grown = await growth.grow(await small.take());
  // Whatever is asked for next waits for the growth.
  await device.download(grown.tensors["model.norm.weight"] as never);
  await large.adopt(grown);
});
await step(large);
const times: number[] = [];
for (let i = 0; i < steps; i++) times.push(await seconds(() => step(large)));
const usual = median(times);
const { backend: name, device: computes } = device.info;
console.log(
  `${name} (${computes}): ${layers} → ${layers * factor} layers of ${hidden}, ${batch} × ${context} tokens a step`,
);
console.log(`switch ${switched.toFixed(3)} s, step ${usual.toFixed(3)} s: ${(switched / usual).toFixed(2)} steps`);

function open(on: Device, model: ModelSpec): Promise<Trainer> {
  return Trainer.open({ device: on, model, batch, context });
}

async function step(trainer: Trainer): Promise<void> {
  const tokens = Int32Array.from({ length: batch * (context + 1) }, (_, i) => (i * 7919) % 256);
  await trainer.step([tokens], 1e-3);
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
