// The options of masked random growth, besides sizes.
import * as z from "zod";

/** The names of growing axes in an order of phases; `heads` includes key/value heads. */
const axes = ["intermediate", "hidden", "heads", "layers"] as const;
export type PhaseAxis = (typeof axes)[number];

export const options = {
  maskTokens: z.number().positive().default(1_000_000).describe("training tokens in which a mask opens"),
  phases: z
    .union([z.enum(["sequence", "together"]), z.array(z.enum(axes)).min(1).readonly()])
    .default("sequence")
    .describe("intermediate, hidden and heads open in turn, layers with the first; together; or an order of one's own"),
  form: z
    .enum(["block", "sublayer"])
    .default("block")
    .describe("a new layer is mixed with the identity, or what its attention and its MLP add is scaled"),
  newLayers: z.enum(["random", "copy"]).default("random").describe("what new layers start as, behind their masks"),
  std: z.number().nonnegative().default(0.02).describe("standard deviation of new weights"),
  seed: z.string().default("random-masked").describe("names the random numbers"),
};

export type Options = z.output<z.ZodObject<typeof options>>;
