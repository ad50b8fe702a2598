// The trainer of a stage.
import type { Device } from "@cambium/backend";
import type { Stage } from "@cambium/recipe";
import { Trainer } from "@cambium/train";

/**
 * Compiles the trainer of `stage`, `tokens` tokens into it. A stage's fields have the names of a trainer's options.
 * @throws CambiumError as `Trainer.open`.
 */
export function openTrainer(stage: Stage, device: Device, tokens: number): Promise<Trainer> {
  return Trainer.open({ ...stage, device, tokens });
}
