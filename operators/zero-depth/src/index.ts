// G_zero in depth: copies of layers whose outputs are zero, so that they start as the identity.
import {
  cancelling,
  depthOperator,
  groupedLayers,
  interleavedLayers,
  namesOf,
  pairedLayers,
  repeatedLayers,
  streamWriters,
  toppedLayers,
  zeroMoments,
  zeros,
} from "@cambium/growth";
import * as z from "zod";
import { version } from "../package.json";

/** The layers of each placement. */
const lists = { interleave: interleavedLayers, top: toppedLayers, groups: groupedLayers, lemon: pairedLayers };
const placements = Object.keys(lists) as (keyof typeof lists)[];

/**
 * G_zero of "Stacking Your Transformers" (Du et al. 2024, section 3.1) in depth: every new layer is a copy of the base
 * layer below it, but its projections that write to the residual stream (`o_proj`, `down_proj`) are zero, so the
 * function is preserved bit for bit. At the first step only these have a gradient; then the whole layer trains.
 *
 * Options: `factor` (default 4) or `layers`; `placement`: `interleave` (default) spreads the new layers evenly, each
 * after the layer it copies, which for 32 → 40 layers is the list of LLaMA Pro (Wu et al. 2024, section 3.2); `top`
 * puts copies of the top layers on top; `groups` is the rule of LLaMA Pro's own code, one after each ⌊l / (L − l)⌋
 * layers (32 → 42 too); `lemon` pairs the topmost L − l layers with their copies (LEMON, Wang et al. 2024). `frozen`
 * (default false): only the new layers train, as in LLaMA Pro.
 *
 * `tail: cancel` (LEMON) is for a base with `copies` sets (default 2) of its neurons and heads, one after the other, as
 * `direct-width` leaves them: the weights that read them are random and cancel over the copies. Only on such a base is
 * the function preserved, so no claim is made; every weight has a gradient from the first step on.
 *
 * @example
 * import { layerMap } from "@cambium/growth";
 * import zeroDepth from "@cambium/operator-zero-depth";
 * layerMap(zeroDepth.plan(base, { layers: 8 })); // [0, 1, 2, 2, 3, 4, 5, 5] of 6: layers 3 and 7 are new
 */
export default depthOperator({
  name: "zero-depth",
  version,
  summary: "G_zero in depth: new layers that start as the identity (Du et al. 2024; LLaMA Pro)",
  options: {
    placement: z.enum(placements).default("interleave").describe("where the new layers go"),
    tail: z.enum(["zero", "cancel"]).default("zero").describe("what silences new layers: zeros, or sums that cancel"),
    copies: z.int().min(2).default(2).describe("with tail: cancel, how often the base's neurons and heads stand"),
    seed: z.string().default("zero-depth").describe("with tail: cancel, names the random numbers"),
    frozen: z.boolean().default(false).describe("whether what is old is frozen: only new layers train"),
  },
  claims: { functionPreserving: "exact" },
  layers: (base, target, { placement }) => lists[placement](base, target),
  refine: (parts, { target, layers }, { frozen, tail, copies, seed }) => {
    const fresh = repeatedLayers(layers);
    const silent = streamWriters(target, fresh).map((spec) => [
      spec.name,
      tail === "zero" ? zeros(spec.shape) : cancelling(spec, target, { copies, seed }),
    ]);
    return {
      ...parts,
      tensors: { ...parts.tensors, ...Object.fromEntries(silent) },
      optimizer: { moments: zeroMoments(target, (layer) => fresh.has(layer)) },
      phase: { frozen: frozen ? namesOf(target, ({ layer = -1 }) => !fresh.has(layer)) : [] },
      claims: { functionPreserving: tail === "zero" || fresh.size === 0 ? "exact" : "no" },
    };
  },
});
