// G_random: new parts have random weights and are masked; the masks open while the model trains.
import {
  type Block,
  constant,
  copy,
  type Expr,
  headObjections,
  headOrder,
  normal,
  padded,
  planTables,
  widthOperator,
  zeros,
} from "@cambium/growth";
import type { ModelSpec, ParameterSpec } from "@cambium/model";
import { version } from "../package.json";
import { growthMasks, phaseObjections } from "./masks.js";
import { type Options, options } from "./options.js";

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
  options,
  layers: true,
  claims: { functionPreserving: "at-mask-0" },
  objections: (growth, options) => [...headObjections(growth), ...phaseObjections(growth, options)],
  plan: (growth, chosen) => {
    const { base, target, from, to } = growth;
    const tables = planTables({ base, target });
    const old = new Map(tables.base.map((spec) => [spec.name, spec]));
    const order = headOrder(from, to);
    const copied = (spec: ParameterSpec) => {
      if (chosen.newLayers === "random" || spec.layer === undefined) return old.get(spec.name);
      const layer = layerBelow(spec.layer, from.layers, to.layers);
      return tables.base.find((one) => one.part === spec.part && one.layer === layer);
    };
    const tensors = tables.target.map((spec) => [spec.name, grown(spec, copied(spec), order, chosen)]);
    const fresh = tables.target.filter(({ layer = -1 }) => layer >= from.layers);
    const moments = Object.fromEntries(fresh.map(({ name, shape }) => [name, zeros(shape)]));
    const masks = growthMasks(growth, chosen);
    return {
      tensors: Object.fromEntries(tensors),
      optimizer: { moments },
      phase: { masks },
      claims: { functionPreserving: masks.length > 0 ? "at-mask-0" : claimOf(base, target) },
    };
  },
});

/** New entries are normal numbers; of norms and biases, what these start as. */
function grown(spec: ParameterSpec, old: ParameterSpec | undefined, order: readonly number[], of: Options): Expr {
  const { name, neutral } = spec;
  const fill = ({ shape, where }: Block) =>
    neutral === undefined ? normal(shape, of.std, `${of.seed}/${name}/${where}`) : constant(shape, neutral);
  return padded(spec, old, order, fill, old && copy(old.name));
}

/** The base layer that target layer t copies: itself, or bottom-up once more; a last, partial round copies the top. */
function layerBelow(t: number, base: number, target: number): number {
  const rest = target % base;
  return t < target - rest ? t % base : base - target + t;
}

/** If there are no masks, nothing is new. */
function claimOf(base: ModelSpec, target: ModelSpec): "exact" | "no" {
  return JSON.stringify(base) === JSON.stringify(target) ? "exact" : "no";
}
