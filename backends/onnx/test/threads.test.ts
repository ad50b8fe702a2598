// The number of threads is not a part of a run's identity: training steps on any number of them have the same bits.
import { createHash } from "node:crypto";
import { initParameters, llama, modelSpec, plainPhase } from "@cambium/model";
import { freshState, optimizerOptions, Trainer } from "@cambium/train";
import { expect, test } from "vitest";
import backend from "../src/index.js";

/** Sizes that no number of threads divides, and sums long enough to be cut. */
const sizes = [
  { batch: 5, context: 67, hidden: 96, intermediate: 251, heads: 4, kvHeads: 2, vocab: 211, layers: 2 },
  { batch: 1, context: 300, hidden: 64, intermediate: 130, heads: 2, kvHeads: 2, vocab: 97, layers: 1 },
  { batch: 16, context: 33, hidden: 130, intermediate: 64, heads: 5, kvHeads: 5, vocab: 1031, layers: 1 },
];

test.each(sizes)("$batch × $context tokens, $hidden wide", async ({ batch, context, ...size }) => {
  const model = modelSpec(llama, { ...size, contextLength: context });
  const tokens = Int32Array.from({ length: batch * (context + 1) }, (_, i) => (i * i * 31 + 7 * i) % size.vocab);
  const bits = async (threads: number): Promise<string> => {
    await using device = await backend.open({ threads });
    const options = { device, model, batch, context, optimizer: optimizerOptions(), phase: plainPhase };
    using trainer = await Trainer.open(options);
    await trainer.load(freshState(initParameters(model, { seed: "0", scheme: "paper" })));
    const hash = createHash("sha256");
    for (let step = 0; step < 4; step++) {
      const { loss, gradNorm } = await trainer.step([tokens], 1e-3);
      hash.update(`${loss} ${gradNorm} `);
    }
    const { parameters } = await trainer.state();
    for (const { data } of Object.values(parameters)) hash.update(new Uint8Array(data.buffer));
    return hash.digest("hex");
  };
  const one = await bits(1);
  for (const threads of [2, 3, 7]) expect(await bits(threads), `${threads} threads`).toBe(one);
});
