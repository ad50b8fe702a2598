// The trainer of a stage.
import type { Device } from "@cambium/backend";
import type { Stage } from "@cambium/recipe";
import { Trainer } from "@cambium/train";

/** Compiles the trainer of `stage`, `tokens` tokens into it. @throws CambiumError as `Trainer.open`. */
export function openTrainer(stage: Stage, device: Device, tokens: number): Promise<Trainer> {
  const { model, context, batch, accumulation, optimizer, precision, phase } = stage;
  return Trainer.open({ device, model, batch, context, accumulation, optimizer, precision, phase, tokens });
}
