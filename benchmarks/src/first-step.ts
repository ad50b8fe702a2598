// pnpm bench first-step: time from a graph to the end of its first train step, by depth, each on a device of its own.
import { parseArgs } from "node:util";
import { resolveBackend } from "@cambium/backend";
import { useSwiftShader } from "@cambium/browser";
import { hostTensor } from "@cambium/ir";
import { initParameters, llama, modelSpec } from "@cambium/model";
import { nodeImporter } from "@cambium/plugin/node";
import { defaultOptimizer, flattenState, freshState, trainStepGraph } from "@cambium/train";

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "webgpu" },
    layers: { type: "string", default: "3,6,12,24" },
    hidden: { type: "string", default: "128" },
    swiftshader: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(`pnpm bench first-step [--backend webgpu] [--layers 3,6,12,24] [--hidden 128] [--swiftshader] [--json]

For every depth: seconds to compile the train step (kernels built), seconds of its first run, and of a later one.
--swiftshader computes on SwiftShader, whatever GPUs there are.`);
  process.exit(0);
}
if (values.swiftshader) await useSwiftShader();

const [batch, context] = [4, 64];
const backend = await resolveBackend(values.backend, nodeImporter(process.cwd(), import.meta.dirname));
const rows = [];
let name = "";
for (const layers of values.layers.split(",").map(Number)) {
  const hidden = Number(values.hidden);
  const model = modelSpec(llama, {
    ...{ vocab: 256, hidden, intermediate: Math.ceil((8 * hidden) / 24) * 8, layers },
    ...{ heads: hidden / 32, contextLength: context },
  });
  const state = flattenState(freshState(initParameters(model, { seed: "bench", scheme: "hf" })));
  const batchOf = { tokens: hostTensor("i32", [batch, context + 1]), lr: hostTensor("f32", [], [1e-3]) };
  const inputs = { ...state, ...batchOf, step: hostTensor("i32", [], [1]) };
  await using device = await backend.open();
  name = device.info.device;
  const began = performance.now();
  using executable = await device.compile(trainStepGraph(model, { batch, context, optimizer: defaultOptimizer }));
  const compiled = performance.now();
  const step = async () => {
    const { outputs, fetched } = await executable.run(inputs, { fetch: ["loss"] });
    await fetched;
    for (const tensor of Object.values(outputs)) tensor.dispose();
    return performance.now();
  };
  const first = await step();
  const second = await step();
  rows.push({
    layers,
    kernels: executable.stats.nodes,
    compileSeconds: (compiled - began) / 1000,
    firstSeconds: (first - compiled) / 1000,
    laterSeconds: (second - first) / 1000,
  });
}
if (values.json) console.log(JSON.stringify({ device: name, rows }));
else {
  console.log(`${name}, hidden ${values.hidden}, batch ${batch}×${context}`);
  console.log("| layers | launches | compile, s | first step, s | to its end, s | a later step, s |");
  console.log("|---:|---:|---:|---:|---:|---:|");
  for (const { layers, kernels, compileSeconds, firstSeconds, laterSeconds } of rows) {
    const [compile, first, end, later] = [
      compileSeconds,
      firstSeconds,
      compileSeconds + firstSeconds,
      laterSeconds,
    ].map((seconds) => seconds.toFixed(2));
    console.log(`| ${layers} | ${kernels} | ${compile} | ${first} | ${end} | ${later} |`);
  }
}
