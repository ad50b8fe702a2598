// Text generation: reading a prompt (prefill), and decoding token by token.
import { type Device, referenceBackend } from "@cambium/backend";
import { TextGenerator } from "@cambium/inference";
import { initParameters } from "@cambium/model";
import { parity } from "../parity.js";
import { modelOf, type StepConfig } from "../step-config.js";
import type { Case, DeviceSuite } from "../suite.js";
import { timed } from "../timed.js";

const model: Omit<StepConfig, "batch" | "context"> = {
  ...{ layers: 4, hidden: 128, intermediate: 344, heads: 4, kvHeads: 2, vocab: 256 },
};

/** Models that might be served from a CPU: 24 and 88 million parameters. */
const larger: readonly (typeof model)[] = [
  { layers: 6, hidden: 512, intermediate: 1376, heads: 8, kvHeads: 8, vocab: 4096 },
  { layers: 12, hidden: 768, intermediate: 2048, heads: 12, kvHeads: 12, vocab: 4096 },
];

const cases: readonly Case[] = [
  { name: "prefill-128", size: { ...model, prompt: 128, made: 1 } },
  { name: "decode-32", size: { ...model, prompt: 4, made: 32 } },
];

export const generate: DeviceSuite = {
  name: "generate",
  summary: "reading a prompt, and decoding token by token",
  unit: "tokens/s",
  bound: null,
  on: "device",
  cases: (quick) => cases.slice(quick ? 1 : 0),
  async prepare(one, device) {
    const { prompt = 1, made = 1 } = one.size;
    const generator = await open(device, one.size);
    return {
      work: { tokens: made === 1 ? prompt : made },
      turn: (count) => timed(count, () => generator.generate(optionsFor(prompt, made))),
      async parity() {
        await using reference = await referenceBackend.open();
        const small = { ...one.size, layers: 2 };
        const tokens: number[][] = [];
        for (const where of [device, reference]) {
          using generating = await open(where, small);
          tokens.push((await generating.generate(optionsFor(6, 6))).tokens);
        }
        const [got = [], want = []] = tokens;
        const other = want.filter((token, i) => token !== got[i]).length;
        return parity(other / want.length, 0, `${want.length} greedy tokens of the reference`);
      },
      dispose: () => generator.dispose(),
    };
  },
};

export const generateLarge: DeviceSuite = {
  ...generate,
  name: "generate-large",
  summary: "the same as generate with larger Llamas",
  extra: true,
  cases: (quick) =>
    larger.slice(0, quick ? 1 : undefined).flatMap((size): Case[] => {
      const name = `${size.layers}Lx${size.hidden}`;
      return [
        { name: `${name} prefill-256`, size: { ...size, prompt: 256, made: 1 } },
        { name: `${name} decode-64`, size: { ...size, prompt: 16, made: 64 } },
      ];
    }),
};

function optionsFor(prompt: number, made: number) {
  return {
    prompt: Array.from({ length: prompt }, (_, i) => (i * 7919) % 256),
    ...{ maxNewTokens: made, seed: "bench", temperature: 0, stop: [] },
  };
}

function open(device: Device, size: Case["size"]): Promise<TextGenerator> {
  const spec = modelOf({ ...model, ...size, batch: 1, context: 256 });
  return TextGenerator.open(device, spec, initParameters(spec, { seed: "bench", scheme: "hf" }));
}
