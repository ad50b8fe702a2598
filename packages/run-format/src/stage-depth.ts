// depth.json: how much of its depth a stage's final model uses.
import { z } from "zod";
import { count, text } from "./scalars.js";

const nats = z.array(z.number()).readonly();

export const stageDepth = z
  .object({
    identity: text.describe("Names all but the weights that decides the figures: text, tokens, device."),
    tokens: count.describe("Predictions that everything is the mean of."),
    loss: z.number().describe("Of the whole model, nats."),
    lens: nats.describe("KL of the whole model's prediction to that after i layers, from 0 to all of them, nats."),
    effective: z.number().describe("The mean layer at which the prediction comes about."),
    ablation: nats.describe("What the loss is higher by without each layer, nats."),
  })
  .readonly();

export type StageDepth = z.output<typeof stageDepth>;
