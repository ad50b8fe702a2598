// Training steps of Llamas of several sizes: forward, backward, clipping and AdamW, with one step submitted ahead.
import { type Device, referenceBackend } from "@cambium/backend";
import { highest } from "@cambium/ir";
import { initialParameters } from "@cambium/model";
import { type Precision, Trainer, uploadFresh } from "@cambium/train";
import { type Parity, parity } from "../parity.js";
import { batchAt, modelOf, type StepConfig } from "../step-config.js";
import type { Case, DeviceSuite } from "../suite.js";

const sizes: readonly StepConfig[] = [
  { layers: 2, hidden: 64, intermediate: 176, heads: 2, kvHeads: 2, vocab: 256, batch: 4, context: 64 },
  { layers: 4, hidden: 128, intermediate: 344, heads: 4, kvHeads: 4, vocab: 256, batch: 4, context: 128 },
  { layers: 6, hidden: 256, intermediate: 688, heads: 4, kvHeads: 4, vocab: 256, batch: 1, context: 128 },
];

/** The models of the repository's own bar: 1 to 91 million parameters, up to some seconds per step on two cores. */
const larger: readonly StepConfig[] = [
  { layers: 6, hidden: 128, intermediate: 344, heads: 4, kvHeads: 4, vocab: 256, batch: 8, context: 256 },
  { layers: 6, hidden: 256, intermediate: 688, heads: 4, kvHeads: 4, vocab: 256, batch: 8, context: 256 },
  { layers: 12, hidden: 256, intermediate: 688, heads: 4, kvHeads: 4, vocab: 256, batch: 8, context: 256 },
  { layers: 6, hidden: 512, intermediate: 1376, heads: 8, kvHeads: 8, vocab: 4096, batch: 4, context: 256 },
  { layers: 12, hidden: 768, intermediate: 2048, heads: 12, kvHeads: 12, vocab: 4096, batch: 2, context: 256 },
];

const learningRate = 1e-3;

/** Steps compared with the reference. */
export const compared = 2;

/**
 * Losses lie around ln V ≈ 5.5; each of two f32 steps adds its rounding (1e-5 of the conformance suite) and what Adam
 * makes of it, whose first update is the sign of a gradient near 0. In half precision each of the ten products in a row
 * (four a layer, two layers, the logits and their gradient) rounds by a unit: 2^-11 of f16, 2^-9 of bf16.
 */
export const lossTolerance: Readonly<Record<Precision, number>> = { f32: 1e-4, mixed: 5e-3, bf16: 2e-2 };

export const step: DeviceSuite = {
  name: "step",
  summary: "training steps of Llamas of several sizes",
  unit: "tokens/s",
  bound: "gemm",
  on: "device",
  ...{ inPrecisions: true, onEngines: true },
  cases: (quick) => sizes.slice(0, quick ? 1 : 3).map(caseOf),
  async prepare(one, device, precision) {
    const config = configOf(one);
    const { batch, context } = config;
    const trainer = await open(device, config, precision, one.size["memory"]);
    let position = 0;
    const next = () => trainer.step([batchAt(config, position++)], learningRate);
    return {
      work: { flops: trainer.flopsPerStep, bytes: trainer.countedBytes, tokens: batch * context },
      async turn(count) {
        const seconds: number[] = [];
        let began = performance.now();
        let current = next();
        for (let i = 1; i <= count; i++) {
          const following = i < count ? next() : undefined;
          await current;
          const now = performance.now();
          seconds.push((now - began) / 1000);
          began = now;
          if (following) current = following;
        }
        return seconds;
      },
      parity: () => stepParity(device, config, precision),
      dispose: () => trainer.dispose(),
    };
  },
};

export const train: DeviceSuite = {
  ...step,
  name: "train",
  summary: "training steps of larger Llamas",
  extra: true,
  cases: (quick) => larger.slice(0, quick ? 1 : undefined).map(caseOf),
};

export function caseOf(size: StepConfig): Case {
  return { name: `${size.layers}Lx${size.hidden}`, size: { ...size } };
}

export function configOf({ size }: Case): StepConfig {
  return size as unknown as StepConfig;
}

async function open(
  device: Device,
  config: StepConfig,
  precision: Precision = "f32",
  memory?: number,
): Promise<Trainer> {
  const { batch, context } = config;
  const model = modelOf(config);
  const trainer = await Trainer.open({ device, model, batch, context, precision, memory });
  await trainer.adopt(await uploadFresh(device, initialParameters(model, { seed: "bench", scheme: "hf" })));
  return trainer;
}

/** Compares the losses of a few steps with the reference, on at most two such layers and one short sequence. */
export async function stepParity(device: Device, config: StepConfig, precision: Precision = "f32"): Promise<Parity> {
  const small = { ...config, layers: Math.min(config.layers, 2), batch: 1, context: 8 };
  await using reference = await referenceBackend.open();
  const [got, want] = [await losses(device, small, precision), await losses(reference, small)];
  const error = highest(got.map((loss, i) => Math.abs(loss / (want[i] as number) - 1)));
  return parity(
    error,
    lossTolerance[precision],
    `${compared} losses of the reference, ${small.layers} layers × ${small.hidden}`,
  );
}

async function losses(device: Device, config: StepConfig, precision?: Precision): Promise<readonly number[]> {
  using trainer = await open(device, config, precision);
  const found: number[] = [];
  for (let i = 0; i < compared; i++) found.push((await trainer.step([batchAt(config, i)], learningRate)).loss);
  return found;
}
