// The logit lens and ablation on models with layers that are the identity.
import { referenceBackend } from "@cambium/backend";
import { hostTensor } from "@cambium/ir";
import { initParameters, llama, lossGraph, modelSpec } from "@cambium/model";
import { describe, expect, it } from "vitest";
import { depthProfile } from "../src/index.js";

const sizes = { layers: 3, hidden: 16, heads: 2, intermediate: 24, vocab: 20, contextLength: 8 };
const model = modelSpec<object, object>(llama, sizes);
const text = { tokens: Int32Array.from({ length: 4 * 9 }, (_, i) => (7 * i * i + 3 * i) % 20), context: 8 };

/** Random weights, large enough that layers matter. @param idle layers made the identity */
function weights(idle: readonly number[]) {
  const made = initParameters(model, { seed: "depth", scheme: "hf" });
  return Object.fromEntries(
    Object.entries(made).map(([name, { shape, data }]) => {
      const layer = Number(/layers\.(\d+)\./.exec(name)?.[1] ?? -1);
      const silent = idle.includes(layer) && /(o_proj|down_proj)/.test(name);
      const scale = silent ? 0 : name.includes("norm") ? 1 : 12;
      return [
        name,
        hostTensor(
          "f32",
          shape,
          Float32Array.from(data as Float32Array, (value) => scale * value),
        ),
      ];
    }),
  );
}

describe("depthProfile", () => {
  it("finds identity layers, and the whole model's loss", async () => {
    await using device = await referenceBackend.open();
    const profile = await depthProfile(device, model, weights([1]), text);
    expect(profile).toMatchObject({ tokens: 32, lens: { length: 4 }, ablation: { length: 3 } });
    expect(profile.lens[3]).toBe(0);
    // Layer 1 is the identity: the stream does not change there, and leaving it out changes nothing.
    expect(profile.lens[2]).toBeCloseTo(profile.lens[1] as number, 5);
    expect(profile.ablation[1]).toBeCloseTo(0, 5);
    expect(Math.abs(profile.ablation[0] as number)).toBeGreaterThan(1e-3);
    const [first = 0, second = 0, third = 0] = profile.lens;
    expect(profile.effective).toBeCloseTo((first + second + third) / first, 9);
    const loss = await device.compile(lossGraph(model, { batch: 4, context: 8 }));
    const { fetched } = await loss.run(
      { ...weights([1]), tokens: hostTensor("i32", [4, 9], text.tokens) },
      { fetch: ["loss"] },
    );
    expect(profile.loss).toBeCloseTo((await fetched)["loss"]?.data[0] as number, 4);
  });

  it("gives depth 0 to a model of identity layers", async () => {
    await using device = await referenceBackend.open();
    const { lens, effective, ablation } = await depthProfile(device, model, weights([0, 1, 2]), text);
    for (const one of [...lens, ...ablation]) expect(one).toBeCloseTo(0, 6);
    // Adding zeros to the stream is exact, so every prediction is the same.
    expect(effective).toBe(0);
    await expect(depthProfile(device, model, weights([]), { ...text, context: 40 })).rejects.toThrow(/too few tokens/);
  });
});
