// The options of masked random growth, besides sizes.
import * as z from "zod";

export const options = {
  maskTokens: z.number().positive().default(1_000_000).describe("training tokens in which a mask opens"),
  phases: z
    .enum(["sequence", "together"])
    .default("sequence")
    .describe("intermediate, hidden and heads open one after the other, or at once; layers open with the first"),
  form: z
    .enum(["block", "sublayer"])
    .default("block")
    .describe("a new layer is mixed with the identity, or what its attention and its MLP add is scaled"),
  std: z.number().nonnegative().default(0.02).describe("standard deviation of new weights"),
  seed: z.string().default("random-masked").describe("names the random numbers"),
};

export type Options = z.output<z.ZodObject<typeof options>>;
