// A fresh state that is uploaded tensor by tensor.
import { initialParameters, initParameters, plainPhase } from "@cambium/model";
import { expect, it } from "vitest";
import { freshState, uploadFresh } from "../src/index.js";
import { bits } from "./support/bits.js";
import { batchAt, config, withTrainer } from "./support/tiny.js";

const init = { seed: "fresh", scheme: "hf" } as const;

it.each([[[]], [["lm_head.weight"]]])("is the one that is loaded whole, with %j frozen", async (frozen) => {
  const phase = { ...plainPhase, frozen };
  const whole = await withTrainer({ phase }, async (trainer) => {
    await trainer.load(freshState(initParameters(config, init)));
    await trainer.step([batchAt(0)], 0.01);
    return bits(await trainer.state());
  });
  await withTrainer({ phase }, async (trainer, device) => {
    const { tensors: before } = await device.memory();
    await trainer.adopt(await uploadFresh(device, initialParameters(config, init)));
    const names = Object.keys(whole).filter((name) => !["updates", "lossScale"].includes(name));
    expect((await device.memory()).tensors).toBe(before + names.length);
    await trainer.step([batchAt(0)], 0.01);
    expect(bits(await trainer.state())).toEqual(whole);
  });
});
