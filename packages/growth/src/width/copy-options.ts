// The options of operators that copy indices in width, besides sizes, and what follows from them before the plan is made.
import { isTied } from "@cambium/model";
import * as z from "zod";
import { sizesError } from "../operator/sizes.js";
import type { WidthGrowth, WidthSizes } from "../operator/width.js";
import { spreads } from "./index-map.js";
import { splits } from "./shares.js";
import { normModes, type Stream, streamFactors } from "./stream.js";
import { type WidthMaps, widthMaps } from "./width-maps.js";

const indices = z.array(z.int().min(-1)).min(1).readonly().exactOptional();

/** @param seed the default name of the random numbers: the operator's name */
export const copyOptions = (seed: string) => ({
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
  seed: z.string().default(seed).describe("names the random numbers"),
});

export type CopyOptions = z.output<z.ZodObject<ReturnType<typeof copyOptions>>>;

/**
 * The sizes that the lists of `map: explicit` decide, for `decided` of `widthOperator`.
 * @throws CambiumError `E_GROWTH_SIZES` for lists without that map, or that map without lists.
 */
export function listedSizes({ map, maps }: CopyOptions): { by: string; sizes: Partial<WidthSizes> } | undefined {
  if ((map === "explicit") === (maps !== undefined)) {
    const lengths = Object.entries(maps ?? {}).map(([axis, list]) => [axis, list.length]);
    return maps && { by: "maps", sizes: Object.fromEntries(lengths) };
  }
  throw sizesError("the options give the sizes in more than one way", {
    expected: map === "explicit" ? "maps, with map: explicit" : `no maps, with map: ${map}`,
    got: maps ? "maps" : "none",
  });
}

/** What a growth by copies decides before the plan is made. */
export interface Copies {
  readonly maps: WidthMaps;
  readonly stream: Stream;
}

/** The maps of all axes and the factors on the stream that the options choose. @throws as `widthMaps` and `streamFactors` */
export function copiesOf({ base, from, to }: WidthGrowth, options: CopyOptions): Copies {
  const { map, maps: lists = {}, seed } = options;
  const maps = widthMaps(from, to, map === "explicit" ? { lists } : { by: map, seed });
  return { maps, stream: streamFactors(maps.hidden, options, isTied(base)) };
}
