// The golden training traces on tfjs: 20 steps as PyTorch takes them, 50 as the reference does, and no tensor left.
import { type Device, referenceBackend } from "@cambium/backend";
import type { HostTensor } from "@cambium/ir";
import { initParameters, llamaConfig } from "@cambium/model";
import { freshState, Trainer } from "@cambium/train";
import { memory } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { readConfig, readTensors } from "../../../packages/model/test/support/golden.js";
import { describeTrainingTrace } from "../../../packages/train/test/support/training-trace.js";
import backend from "../src/index.js";

const found = await backend.probe();
const engines = ["node", "wasm"].filter((name) => found.find(({ device }) => device === name)?.available);

/** Losses and gradient norms of 50 steps over a fixture's batches, from its weights. */
async function trace(device: Device, fixture: string): Promise<number[]> {
  const { data, shape } = readTensors(fixture, "golden.safetensors")["trace.tokens"] as HostTensor<"i32">;
  const [steps, batch, length] = shape as [number, number, number];
  using trainer = await Trainer.open({ device, config: readConfig(fixture), batch, time: length - 1 });
  await trainer.load(freshState(readTensors(fixture, "model.safetensors")));
  const values: number[] = [];
  for (let step = 0; step < 50; step++) {
    const at = (step % steps) * batch * length;
    const { loss, gradNorm } = await trainer.step([data.slice(at, at + batch * length)], 1e-3);
    values.push(loss, gradNorm);
  }
  return values;
}

/** The reference takes its time: the models with the most different shapes of attention and head. */
const models = ["mha-untied", "gqa-tied", "headdim"];
const references = new Map<string, Promise<number[]>>();
const reference = (fixture: string) => {
  const known = references.get(fixture) ?? referenceBackend.open().then((device) => trace(device, fixture));
  references.set(fixture, known);
  return known;
};

describe.each(engines)("tfjs %s", (engine) => {
  describeTrainingTrace(engine, () => backend.open({ engine }));

  test.each(models)("%s: 50 steps within 1e-4 of the reference", { timeout: 240_000 }, async (fixture) => {
    await using device = await backend.open({ engine });
    const [got, want] = [await trace(device, fixture), await reference(fixture)];
    const far = got.map((value, i) => Math.abs(value / (want[i] as number) - 1));
    expect(Math.max(...far)).toBeLessThan(1e-4);
  });

  test("no tensor and no byte more after 100 steps than after one", { timeout: 60_000 }, async () => {
    const config = llamaConfig({
      ...{ vocabSize: 64, hiddenSize: 32, intermediateSize: 48, layers: 2, heads: 4, kvHeads: 2, contextLength: 16 },
    });
    await using device = await backend.open({ engine });
    using trainer = await Trainer.open({ device, config, batch: 2, time: 16 });
    await trainer.load(freshState(initParameters(config, { seed: "leak", scheme: "hf" })));
    const held = async () => {
      await trainer.step([new Int32Array(2 * 17).map((_, i) => (7 * i) % 64)], 1e-3);
      const { numTensors, numBytes, numDataBuffers } = memory();
      return { numTensors, numBytes, numDataBuffers };
    };
    const first = await held();
    for (let step = 0; step < 98; step++) await held();
    expect(await held()).toEqual(first);
  });
});
