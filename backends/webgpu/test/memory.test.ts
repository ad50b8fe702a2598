// Device memory: a model of fifty million parameters steps within what liveness predicts, with nothing as large as its
// logits or its scores beside.
import { useSwiftShader } from "@cambium/browser";
import { type HostTensor, hostTensor, liveness, optimize } from "@cambium/ir";
import { countParameters, llama, modelSpec } from "@cambium/model";
import { defaultOptimizer, trainStepGraph } from "@cambium/train";
import { expect, test } from "vitest";
import backend from "../src/index.js";

await useSwiftShader();

test("a step of fifty million parameters holds at most 1.15 times what liveness predicts", {
  timeout: 240_000,
}, async () => {
  const config = modelSpec(llama, {
    ...{ vocab: 8192, hidden: 512, intermediate: 1376, layers: 14, heads: 8, contextLength: 32 },
  });
  expect(countParameters(config).total).toBeGreaterThan(50e6);
  const graph = trainStepGraph(config, { batch: 1, context: 32, optimizer: defaultOptimizer });
  await using device = await backend.open();
  const { composites } = device.info;
  const { inputBytes, peakBytes } = liveness(optimize(graph, { keep: ({ name }) => composites.includes(name) }));
  using executable = await device.compile(graph);
  const state: Record<string, Awaited<ReturnType<typeof device.upload>>> = {};
  const small: Record<string, HostTensor> = {};
  for (const { name, value } of graph.inputs) {
    const { dtype, shape } = value.type;
    const host = hostTensor(dtype, shape);
    if (dtype === "f32") host.data.fill(name.startsWith("m:") || name.startsWith("v:") ? 0 : 0.01);
    if (graph.outputs.some(({ replaces }) => replaces === name)) state[name] = await device.upload(host);
    else small[name] = name === "step" ? hostTensor("i32", [], [1]) : host;
  }
  const { fetched, outputs } = await executable.run({ ...state, ...small }, { fetch: ["loss"] });
  // Equal rows of weights: every token is as likely as any other.
  expect((await fetched)["loss"]?.data[0]).toBeCloseTo(Math.log(8192), 3);
  const { heldPeakBytes = Number.NaN } = await device.memory();
  console.log(`held ${heldPeakBytes} bytes, predicted ${inputBytes + peakBytes}`);
  expect(heldPeakBytes / (inputBytes + peakBytes)).toBeLessThan(1.15);
  for (const tensor of Object.values(outputs)) tensor.dispose();
});
