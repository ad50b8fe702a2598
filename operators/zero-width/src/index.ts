// G_zero in width: new neurons, heads and channels that add nothing at first.
import {
  type Block,
  concat,
  constant,
  type Expr,
  headObjections,
  namesAlong,
  normal,
  placement,
  scaledEps,
  streamBesideNew,
  tensorsOf,
  widthOperator,
  zeroBlock,
  zeros,
} from "@cambium/growth";
import type { ParameterSpec } from "@cambium/model";
import * as z from "zod";
import { version } from "../package.json";

/**
 * G_zero of "Stacking Your Transformers" (Du et al. 2024, section 3.1) in width: the base's weights stay where they
 * are. `fanout` (default): weights that read new neurons and heads, or write to new channels of the stream, are zero;
 * the weights that compute new neurons and heads are random. The function is preserved and everything trains from the
 * first steps on. `eq14`, the paper's equation 14 taken literally: new rows are zero on old columns and random on new
 * ones. Neurons that grow alone then never train under SwiGLU, and are named dead. Norms keep their outputs as in
 * direct-width.
 *
 * Options: sizes `hidden`, `heads`, `kvHeads`, `intermediate`, or one `factor` for all (default 2); `variant`,
 * `normMode` `stream` (default) or `sqrt-mu`, `std` (default: the family's, as the paper's code draws), `seed`.
 *
 * @throws CambiumError `E_GROWTH_SIZES` when a size shrinks or is not whole, or an old key/value head would lose query
 * heads, or `eq14` grows heads without channels.
 * @example
 * import zeroWidth from "@cambium/operator-zero-width";
 * zeroWidth.plan(base, { intermediate: 2 * intermediate });
 */
export default widthOperator({
  name: "zero-width",
  version,
  summary: "G_zero in width: new entries that add nothing at first (Du et al. 2024)",
  options: {
    variant: z.enum(["fanout", "eq14"]).default("fanout").describe("which new entries are zero"),
    normMode: z.enum(["stream", "sqrt-mu"]).default("stream").describe("what keeps the norms' outputs"),
    std: z.number().positive().exactOptional().describe("standard deviation of new weights; default: the family's own"),
    seed: z.string().default("zero-width").describe("names the random numbers"),
  },
  claims: { functionPreserving: "exact" },
  objections: (growth, { variant }) => {
    const { from, to } = growth;
    const silent = variant === "eq14" && to.hidden === from.hidden && to.heads > from.heads;
    const got = `heads ${from.heads} → ${to.heads}, hidden ${to.hidden}`;
    const message = "would have query and key rows that stay zero for ever";
    return [
      ...headObjections(growth),
      ...(silent ? [{ where: "variant", message, expected: "fanout, or a larger hidden", got }] : []),
    ];
  },
  target: (grown, growth, { normMode }) => scaledEps(grown, streamBesideNew(growth, normMode).eps),
  plan: (growth, { variant, normMode, std, seed }) => {
    const { target, from, to } = growth;
    const place = placement(growth);
    const old = streamBesideNew(growth, normMode);
    const tensors = tensorsOf(target, (spec) => {
      const random: Draw = (shape, block) =>
        normal(shape, std ?? target.family.std(target.config, spec, "paper"), `${seed}/${spec.name}/${block}`);
      return place(spec, (block) => newEntries(spec, block, variant, random), old.value(spec));
    });
    const moments = tensorsOf(target, (spec) => {
      const rule = old.moment(spec);
      return rule && place(spec, zeroBlock, rule);
    });
    const deadNeurons = variant === "eq14" && to.hidden === from.hidden && to.intermediate > from.intermediate;
    const deadParams = deadNeurons ? namesAlong(target, "intermediate") : [];
    return { tensors, optimizer: { moments }, claims: { functionPreserving: old.claim, deadParams } };
  },
});

type Draw = (shape: readonly number[], block: string) => Expr;

/** Random where something new is computed or a new channel is read, zero where it would be heard. */
function newEntries({ axes, neutral }: ParameterSpec, block: Block, variant: "fanout" | "eq14", random: Draw): Expr {
  const { shape, where, at = 0, oldColumns } = block;
  if (neutral !== undefined) return constant(shape, neutral);
  if (variant === "fanout" || axes.some(({ axis }) => axis === "vocab")) {
    const ofStream = axes[at]?.axis === "hidden";
    return ofStream === (axes[at]?.role === "in") ? random(shape, where) : zeros(shape);
  }
  if (where !== "rows") return random(shape, where);
  const [rows = 0, columns = 0] = shape;
  const old = zeros([rows, oldColumns]);
  return columns === oldColumns ? old : concat(1, [old, random([rows, columns - oldColumns], "corner")]);
}
