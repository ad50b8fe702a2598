// The options of masked random growth.
import * as z from "zod";

const size = (what: string) => z.int().positive().exactOptional().describe(`${what} after growth`);

export const options = z.strictObject({
  factor: z
    .number()
    .positive()
    .exactOptional()
    .describe("hidden, heads, kvHeads and intermediate by that factor; default 2 where no size is given"),
  hidden: size("channels of the residual stream"),
  heads: size("query heads"),
  kvHeads: size("key/value heads"),
  intermediate: size("neurons of the MLP"),
  layers: size("layers"),
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
});

export type Options = z.output<typeof options>;
