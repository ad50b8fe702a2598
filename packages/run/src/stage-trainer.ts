// The trainer of a stage: its model, its share of the recipe, and what its growth asks of training.
import type { Device } from "@cambium/backend";
import type { Recipe, StagePlan } from "@cambium/recipe";
import { Trainer } from "@cambium/train";

export interface TrainerSettings {
  readonly recipe: Recipe;
  readonly device: Device;
}

/** Compiles the trainer of `plan`, `tokens` tokens into the stage. @throws CambiumError as `Trainer.open`. */
export function openTrainer(plan: StagePlan, { recipe, device }: TrainerSettings, tokens: number): Promise<Trainer> {
  const { start, model, optimizer } = plan;
  const { batch, accumulation, precision } = recipe.train;
  const time = recipe.model.context;
  const growth = start.kind === "growth" ? start.growth : undefined;
  return Trainer.open({
    ...{ device, model, batch, time, accumulation, optimizer, precision },
    ...(growth && { phase: growth.phase, tokens }),
  });
}
