// The options of G_direct in width, besides sizes.
import { normModes, splits, spreads } from "@cambium/growth";
import * as z from "zod";

const indices = z.array(z.int().min(-1)).min(1).readonly().exactOptional();

export const options = {
  map: z
    .enum([...spreads, "explicit"])
    .default("tile")
    .describe("which source index each target index copies"),
  maps: z
    .strictObject({ hidden: indices, heads: indices, kvHeads: indices, intermediate: indices })
    .exactOptional()
    .describe("with map: explicit, the source index of every target index; -1 in hidden is a new channel"),
  split: z.enum(splits).default("proj").describe("how copies share the weights that read them"),
  omegaScale: z.number().nonnegative().default(0.1).describe("with split: proj, the size of what sets copies apart"),
  pairNoise: z
    .number()
    .nonnegative()
    .default(0.1)
    .describe("with split: paired, the noise relative to the weight; above 1, rounding grows by it in every layer"),
  normMode: z.enum(normModes).default("stream").describe("what keeps the norms' outputs when hidden grows"),
  rows: z
    .enum(["own", "next"])
    .default("own")
    .describe(
      "what a new row copies: its own layer's, or the next layer's (AKI of bert2BERT), which changes the function",
    ),
  scaleLearningRates: z
    .boolean()
    .default(false)
    .describe("learning rates 1/c on matrices that read c copies, which keeps the course of training"),
  seed: z.string().default("direct-width").describe("names the random numbers"),
};

export type Options = z.output<z.ZodObject<typeof options>>;
