// The golden training traces on tfjs: 20 steps as PyTorch takes them, 50 as the reference does, and no tensor left.
import { initParameters, llama, modelSpec } from "@cambium/model";
import { freshState, Trainer } from "@cambium/train";
import { memory } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { describeAutocastTrace } from "../../../packages/train/test/support/autocast-trace.js";
import { describeMixedTrace, describeReferenceTrace } from "../../../packages/train/test/support/reference-trace.js";
import { describeTrainingTrace } from "../../../packages/train/test/support/training-trace.js";
import backend from "../src/index.js";

const found = await backend.probe();
const hasBf16 = found.some(({ device, computes }) => device === "node" && computes?.includes("bf16"));
const engines = ["node", "wasm"].filter((name) => found.find(({ device }) => device === name)?.available);

describe.each(engines)("tfjs %s", (engine) => {
  describeTrainingTrace(engine, () => backend.open({ engine }));
  describeReferenceTrace(engine, () => backend.open({ engine }));
  describeMixedTrace(engine, () => backend.open({ engine }));

  if (engine === "node" && hasBf16) describeAutocastTrace(engine, () => backend.open({ engine }));

  test("no tensor and no byte more after 100 steps than after one", { timeout: 60_000 }, async () => {
    const config = modelSpec(llama, {
      ...{ vocab: 64, hidden: 32, intermediate: 48, layers: 2, heads: 4, kvHeads: 2, contextLength: 16 },
    });
    await using device = await backend.open({ engine });
    using trainer = await Trainer.open({ device, model: config, batch: 2, context: 16 });
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
