// The options of G_direct in width.
import * as z from "zod";

const size = (axis: string) => z.int().positive().exactOptional().describe(`${axis} after growth`);
const indices = z.array(z.int().min(-1)).min(1).readonly().exactOptional();

/** The axes that grow. The width of a head never does: rotary frequencies and the scale of scores depend on it. */
export const widthAxes = ["hidden", "heads", "kvHeads", "intermediate"] as const;
export type WidthAxis = (typeof widthAxes)[number];

export const options = z.strictObject({
  factor: z.number().positive().exactOptional().describe("every axis by that factor; default 2 where no size is given"),
  hidden: size("channels of the residual stream"),
  heads: size("query heads"),
  kvHeads: size("key/value heads"),
  intermediate: size("neurons of the MLP"),
  map: z
    .enum(["tile", "interleave", "random", "explicit"])
    .default("tile")
    .describe("which source index each target index copies"),
  maps: z
    .strictObject({ hidden: indices, heads: indices, kvHeads: indices, intermediate: indices })
    .exactOptional()
    .describe("with map: explicit, the source index of every target index; -1 in hidden is a new channel"),
  split: z
    .enum(["even", "scalar", "elem", "proj"])
    .default("proj")
    .describe("how copies share the weights that read them"),
  omegaScale: z.number().nonnegative().default(0.1).describe("with split: proj, the size of what sets copies apart"),
  normMode: z
    .enum(["stream", "sqrt-mu", "copy"])
    .default("stream")
    .describe("what keeps the norms' outputs when hidden grows"),
  scaleLearningRates: z
    .boolean()
    .default(false)
    .describe("learning rates 1/c on matrices that read c copies, which keeps the course of training"),
  seed: z.string().default("direct-width").describe("names the random numbers"),
});

export type Options = z.output<typeof options>;
