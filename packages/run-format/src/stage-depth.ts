// depth.json: how much of its depth a stage's final model uses.
import { z } from "zod";
import { count, text } from "./scalars.js";

const nats = z.array(z.number()).readonly();

export const stageDepth = z
  .object({
    identity: text.describe("Identifies everything that decides the figures but the weights: text, tokens, device."),
    tokens: count.describe("Predicted tokens that all figures are means over."),
    loss: z.number().describe("Loss of the whole model, nats per token."),
    lens: nats.describe("KL(whole model ‖ prediction after i layers) for i from 0 to all layers, nats."),
    effective: z.number().describe("Effective depth: the mean layer at which the prediction forms."),
    ablation: nats.describe("Increase of the loss without each layer, nats."),
  })
  .readonly();

export type StageDepth = z.output<typeof stageDepth>;
