// A model small enough for the reference backend, and batches that depend on nothing but their position.
import { type Device, referenceBackend } from "@cambium/backend";
import { Random } from "@cambium/ir";
import { initParameters, llama, modelSpec, type TrainingState } from "@cambium/model";
import { expect } from "vitest";
import { freshState, Trainer, type TrainerOptions } from "../../src/index.js";

export const config = modelSpec(llama, {
  vocab: 11,
  hidden: 8,
  intermediate: 10,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  contextLength: 8,
});

/** Two sequences of six tokens. */
export const size = { batch: 2, context: 6 };

export function initialState(seed = "tiny"): TrainingState {
  return freshState(initParameters(config, { seed, scheme: "paper" }));
}

/** i32 [rows, context + 1] of a stream that position alone decides. */
export function batchAt(position: number, rows = size.batch): Int32Array {
  const random = new Random(`batch ${position}`);
  return Int32Array.from({ length: rows * (size.context + 1) }, (_, i) =>
    Math.floor(config.config.vocab * random.uniform(i)),
  );
}

/** Runs `body` with a trainer on a reference device, and checks that nothing is left on the device. */
export async function withTrainer<T>(
  options: Partial<TrainerOptions>,
  body: (trainer: Trainer, device: Device) => Promise<T>,
): Promise<T> {
  await using device = await referenceBackend.open();
  const trainer = await Trainer.open({ device, model: config, ...size, ...options });
  let result: T;
  try {
    result = await body(trainer, device);
  } finally {
    trainer.dispose();
  }
  expect(await device.memory()).toMatchObject({ tensors: 0, bytes: 0, executables: 0 });
  return result;
}
