// The main thread stays free while steps run, devices close without a trace, and options are checked.
import { initParameters, llama, modelSpec } from "@cambium/model";
import { freshState, Trainer } from "@cambium/train";
import { expect, test } from "vitest";
import backend from "../src/index.js";

test("a timer fires while a long step runs", { timeout: 60_000 }, async () => {
  const config = modelSpec(llama, {
    vocab: 256,
    hidden: 256,
    intermediate: 688,
    layers: 4,
    heads: 4,
    contextLength: 256,
  });
  await using device = await backend.open();
  using trainer = await Trainer.open({ device, model: config, batch: 8, context: 256 });
  await trainer.load(freshState(initParameters(config, { seed: "loop", scheme: "hf" })));
  const tokens = new Int32Array(8 * 257);
  await trainer.step([tokens], 1e-3);
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 10);
  const began = performance.now();
  await trainer.step([tokens], 1e-3);
  clearInterval(timer);
  // A step on this thread would let no tick through; `cambium bench --suite soak` measures how late ticks are.
  expect(ticks).toBeGreaterThan((performance.now() - began) / 10 / 4);
});

test("unknown options and providers are refused by name", async () => {
  await expect(backend.open({ thread: 2 })).rejects.toMatchObject({ code: "E_BACKEND_OPTION" });
  await expect(backend.open({ provider: "abacus" })).rejects.toMatchObject({
    code: expect.stringMatching(/^E_BACKEND/),
  });
});
