// Generation on the reference backend: compared with Hugging Face's greedy tokens, and its contract.
import { type Device, referenceBackend } from "@cambium/backend";
import { generate, TextGenerator } from "@cambium/inference";
import { type HostTensor, hostTensor, toBf16 } from "@cambium/ir";
import { initParameters, llama, logitsGraph, modelSpec } from "@cambium/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfig, readJson, readTensors } from "../../model/test/support/golden.js";

let device: Device;
beforeEach(async () => {
  device = await referenceBackend.open();
});
afterEach(async () => {
  expect(await device.memory()).toMatchObject({ tensors: 0, executables: 0 });
  await device.close();
});

const config = modelSpec(llama, {
  ...{
    vocab: 17,
    hidden: 8,
    intermediate: 12,
    layers: 2,
    heads: 2,
    contextLength: 24,
    initializerRange: 0.5,
  },
});
const parameters = initParameters(config, { seed: "generate", scheme: "hf" });
const sampled = { prompt: [3, 1, 4], maxNewTokens: 12, temperature: 1, seed: "s" };

interface Golden {
  readonly prompt: number[];
  readonly maxNewTokens: number;
  readonly newTokens: number[];
}

it.each(["mha-untied", "gqa-tied", "qwen3"])("continues as Hugging Face does: %s", async (fixture) => {
  const { prompt, maxNewTokens, newTokens } = readJson(fixture, "generate.json") as unknown as Golden;
  const weights = readTensors(fixture, "model.safetensors");
  const options = { prompt, maxNewTokens, temperature: 0, seed: "" };
  expect(await generate(device, readConfig(fixture), weights, options)).toEqual({
    tokens: newTokens,
    finish: "length",
  });
});

it("continues the same from a prompt read in a padded chunk as token by token", async () => {
  const greedy = { ...sampled, temperature: 0 };
  const { tokens } = await generate(device, config, parameters, greedy);
  for (const known of [1, 5, 9]) {
    const prompt = [...sampled.prompt, ...tokens.slice(0, known)];
    const rest = await generate(device, config, parameters, { ...greedy, prompt, maxNewTokens: 12 - known });
    expect(rest.tokens).toEqual(tokens.slice(known));
  }
});

it("picks the likeliest token of the whole-sequence logits", async () => {
  const graph = logitsGraph(config, { batch: 1, context: 3 });
  const executable = await device.compile(graph);
  const tokens = hostTensor("i32", [1, 3], sampled.prompt);
  const { fetched } = await executable.run({ ...parameters, tokens }, { fetch: ["logits"] });
  executable.dispose();
  const last = [...((await fetched).logits as HostTensor).data].slice(-config.config.vocab);
  const { tokens: chosen } = await generate(device, config, parameters, {
    ...sampled,
    maxNewTokens: 1,
    temperature: 0,
  });
  expect(chosen).toEqual([last.indexOf(Math.max(...last))]);
});

it("samples the same tokens for the same seed, and others for another", async () => {
  const first = await generate(device, config, parameters, sampled);
  expect(await generate(device, config, parameters, sampled)).toEqual(first);
  expect((await generate(device, config, parameters, { ...sampled, seed: "t" })).tokens).not.toEqual(first.tokens);
  const narrow = await generate(device, config, parameters, { ...sampled, topK: 1 });
  expect(narrow).toEqual(await generate(device, config, parameters, { ...sampled, temperature: 0 }));
});

it("compiles once per shape, frees a generation's tensors, and leaves the caller's alone", async () => {
  const own = await device.upload(parameters["model.norm.weight"] as HostTensor);
  const generator = await TextGenerator.open(device, config, { ...parameters, "model.norm.weight": own });
  const { tensors } = await device.memory();
  const first = await generator.generate(sampled);
  expect(await generator.generate(sampled)).toEqual(first);
  await generator.generate({ ...sampled, prompt: [2, 7] });
  expect(await device.memory()).toMatchObject({ tensors, executables: 1 });
  await generator.generate({ ...sampled, prompt: [2, 7, 1, 8, 2, 8] });
  await generator.generate({ ...sampled, prompt: [2, 7, 1, 8, 2] });
  expect(await device.memory()).toMatchObject({ tensors, executables: 2 });
  generator.dispose();
  expect(await device.memory()).toMatchObject({ tensors: 1, executables: 0 });
  expect((await device.download(own)).data).toEqual(parameters["model.norm.weight"]?.data);
  own.dispose();
});

it("reports each token as it comes, and ends at a stop token", async () => {
  const seen: [number, number][] = [];
  const { tokens } = await generate(device, config, parameters, {
    ...sampled,
    onToken: (token, index) => void seen.push([token, index]),
  });
  expect(seen).toEqual(tokens.map((token, i) => [token, i]));
  const stop = tokens[4] as number;
  const stopped = { tokens: tokens.slice(0, tokens.indexOf(stop) + 1), finish: "stop" };
  expect(await generate(device, config, parameters, { ...sampled, stop: [stop] })).toEqual(stopped);
  const ending = (eosTokenId: number | number[]) => modelSpec(llama, { ...config.config, eosTokenId });
  expect(await generate(device, ending(stop), parameters, sampled)).toEqual(stopped);
  expect((await generate(device, ending([stop]), parameters, { ...sampled, stop: [] })).tokens).toEqual(tokens);
});

it("fills the context to its end", async () => {
  const { tokens } = await generate(device, config, parameters, { ...sampled, maxNewTokens: 22 });
  expect(tokens).toHaveLength(22);
});

it("stops when its signal is aborted", async () => {
  const controller = new AbortController();
  const run = generate(device, config, parameters, {
    ...sampled,
    signal: controller.signal,
    onToken: (_, index) => (index === 3 ? controller.abort(new Error("enough")) : undefined),
  });
  await expect(run).rejects.toThrow("enough");
});

it("accepts bf16 weights", async () => {
  const half = Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, data }]) => [
      name,
      hostTensor("bf16", shape, Uint16Array.from(data, toBf16)),
    ]),
  );
  const rounded = Object.fromEntries(
    Object.entries(half).map(([name, { shape, data }]) => {
      const bits = Uint32Array.from(data, (word) => word << 16);
      return [name, hostTensor("f32", shape, new Float32Array(bits.buffer))];
    }),
  );
  expect(await generate(device, config, half, sampled)).toEqual(await generate(device, config, rounded, sampled));
});

describe("mistakes", () => {
  it.each([
    [{ prompt: [] }, ["prompt"]],
    [{ prompt: [3, 17] }, ["prompt"]],
    [{ prompt: [-1] }, ["prompt"]],
    [{ prompt: Array.from({ length: 25 }, () => 1), maxNewTokens: 1 }, ["prompt"]],
    [{ maxNewTokens: 23 }, ["prompt"]],
    [{ maxNewTokens: 0 }, ["maxNewTokens"]],
    [{ temperature: -1, topK: 0, topP: 1.5 }, ["temperature", "topK", "topP"]],
    [{ temperature: Number.NaN, topP: 0 }, ["temperature", "topP"]],
  ])("refuses %j", async (change, reasons) => {
    const error = await generate(device, config, parameters, { ...sampled, ...change }).catch((thrown) => thrown);
    expect(error.code).toBe("E_GENERATE");
    expect(error.details.reasons.map(({ where }: { where: string }) => where)).toEqual(reasons);
  });

  it("names every missing parameter", async () => {
    const { "model.norm.weight": _, "lm_head.weight": __, ...rest } = parameters;
    const error = await generate(device, config, rest, sampled).catch((thrown) => thrown);
    expect(error.code).toBe("E_PARAMETERS");
    expect(error.details.reasons.map(({ where }: { where: string }) => where)).toEqual([
      "model.norm.weight",
      "lm_head.weight",
    ]);
  });

  it("reports logits that are not finite", async () => {
    const nan = hostTensor("f32", [8], new Float32Array(8).fill(Number.NaN));
    const run = generate(device, config, { ...parameters, "model.norm.weight": nan }, sampled);
    await expect(run).rejects.toMatchObject({ code: "E_NOT_FINITE" });
  });
});
