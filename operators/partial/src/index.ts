// Partial stacking: a run of layers repeated between a beginning and an end.
import { depthOperator } from "@cambium/growth";
import * as z from "zod";
import { version } from "../package.json";
import { parsePartialPattern, partialLayers } from "./pattern.js";

/**
 * Partial stacking of "Stacking Your Transformers" (Du et al. 2024, Table 5): `pattern` says which sixths of the base
 * are at the beginning, which are repeated and which are at the end; the repeats follow from the requested depth.
 * The function is not kept.
 *
 * Options: `pattern`; `factor` (default 4) or `layers`. The base must have a multiple of 6 layers. A wrong pattern is
 * refused with `E_GROWTH_PATTERN`, a depth that the pattern cannot make with `E_GROWTH_LAYERS`.
 *
 * @example
 * import { layerMap } from "@cambium/growth";
 * import partial from "@cambium/operator-partial";
 * layerMap(partial.plan(base, { pattern: "12-34x10-56", layers: 12 })); // [0, 1, 2, 3, 2, 3, 2, 3, 2, 3, 4, 5] of 6
 */
export default depthOperator({
  name: "partial",
  version,
  summary: "a run of sixths repeated between a beginning and an end (Du et al. 2024, Table 5)",
  options: { pattern: z.string().describe("[prefix-]MIDDLExTIMES[-suffix] in sixths of the base, e.g. 12-3456x5-56") },
  layers: (base, target, { pattern }) => partialLayers(parsePartialPattern(pattern), base, target),
});
