// G_random: new parts have random weights and are masked; the masks open while the model trains.
import {
  type Block,
  copy,
  counterparts,
  counting,
  drawn,
  headObjections,
  maskPhases,
  openingMasks,
  phaseObjections,
  placement,
  stackedLayers,
  tensorsOf,
  widthOperator,
  zeroMoments,
} from "@cambium/growth";
import * as z from "zod";
import { version } from "../package.json";

/**
 * G_random of "Stacking Your Transformers" (Du et al. 2024, section 3.1 and appendix A.5) in width and depth, with the
 * masks of "Masked Structural Growth" (Yao et al. 2024): the base's weights stay where they are, new entries are normal
 * numbers, new norm weights 1. Masks shut new neurons, heads, channels and layers, so that the function is the base's
 * at first, and open linearly; then the model is the plain grown one. New layers go on top. The width of a head stays.
 *
 * Options: sizes `hidden`, `heads`, `kvHeads`, `intermediate`, `layers`, or one `factor` for all widths (default 2);
 * `maskTokens` (default 1,000,000) training tokens in which a mask opens; `phases` `sequence` (default: intermediate,
 * hidden, heads one after the other, layers with the first), `together`, or an order such as MSG's
 * `[intermediate, layers, hidden, heads]`; `form` `block` (default) or `sublayer`; `newLayers` `random` (default) or
 * `copy`, of the base's from the bottom up, as MSG; `std` (default 0.02), `seed`.
 *
 * @throws CambiumError `E_GROWTH_SIZES` when a size shrinks or is not whole, or an old key/value head would lose query
 * heads.
 * @example
 * import randomMasked from "@cambium/operator-random-masked";
 * randomMasked.plan(base, { intermediate: 2 * intermediate, maskTokens: 500_000 });
 */
export default widthOperator({
  name: "random-masked",
  version,
  summary: "G_random: random new weights behind masks that open (Du et al. 2024; Masked Structural Growth)",
  options: {
    maskTokens: counting(
      z.number().positive().default(1_000_000).describe("training tokens in which a mask opens"),
      "tokens",
    ),
    phases: maskPhases,
    form: z
      .enum(["block", "sublayer"])
      .default("block")
      .describe("a new layer is mixed with the identity, or what its attention and its MLP add is scaled"),
    newLayers: z.enum(["random", "copy"]).default("random").describe("what new layers start as, behind their masks"),
    std: z.number().nonnegative().default(0.02).describe("standard deviation of new weights"),
    seed: z.string().default("random-masked").describe("names the random numbers"),
  },
  layers: true,
  claims: { functionPreserving: "at-mask-0" },
  objections: (growth, { phases }) => [...headObjections(growth), ...phaseObjections(growth, phases)],
  plan: (growth, { maskTokens: tokens, phases, form, newLayers, std, seed }) => {
    const { base, target, from, to } = growth;
    const place = placement(growth);
    const layers = stackedLayers(from.layers, to.layers);
    const sourceOf = counterparts(base);
    const isNew = (layer: number) => layer >= from.layers;
    const tensors = tensorsOf(target, (spec) => {
      const { name, layer = -1 } = spec;
      const fill = ({ shape, where }: Block) => drawn(spec, shape, std, `${seed}/${name}/${where}`);
      const source = isNew(layer) && newLayers === "copy" ? sourceOf(spec, layers[layer]) : undefined;
      return source ? place(spec, fill, copy(source.name), source) : place(spec, fill);
    });
    const masks = openingMasks(growth, { phases, form, tokens });
    return {
      tensors,
      optimizer: { moments: zeroMoments(target, isNew) },
      phase: { masks },
      // Without masks nothing is new.
      claims: { functionPreserving: masks.length > 0 ? "at-mask-0" : "exact" },
    };
  },
});
