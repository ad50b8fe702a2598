// G_zero in width: new neurons, heads and channels that add nothing at first.
import {
  concat,
  constant,
  copy,
  type Expr,
  headObjections,
  headOrder,
  normal,
  padded,
  planTables,
  scale,
  scaledEps,
  type WidthGrowth,
  widthOperator,
  zeros,
} from "@cambium/growth";
import { isTied, type ParameterSpec } from "@cambium/model";
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
  target: (grown, { from, to }, { normMode }) => scaledEps(grown, normMode === "stream" ? 1 : from.hidden / to.hidden),
  plan: ({ base, target, from, to }, { variant, normMode, std, seed }) => {
    const tables = planTables({ base, target });
    const old = new Map(tables.base.map((spec) => [spec.name, spec]));
    const order = headOrder(from, to);
    const tensors: Record<string, Expr> = {};
    const moments: Record<string, Expr> = {};
    for (const spec of tables.target) {
      const { name, axes, neutral } = spec;
      const factor = oldFactor(spec, Math.sqrt(to.hidden / from.hidden), normMode === "stream", isTied(base));
      const place = (fill: Parameters<typeof padded>[3], of?: Expr) => padded(spec, old.get(name), order, fill, of);
      tensors[name] = place(
        ({ shape, where, at = 0 }) => {
          if (neutral !== undefined) return constant(shape, neutral);
          const random = (size: readonly number[], block: string) =>
            normal(size, std ?? target.family.std(target.config, spec, "paper"), `${seed}/${name}/${block}`);
          const hidden = axes[at]?.axis === "hidden";
          const reads = axes[at]?.role === "in";
          if (variant === "fanout" || axes.some(({ axis }) => axis === "vocab"))
            return hidden === reads ? random(shape, where) : zeros(shape);
          return where === "rows" ? corner(shape, old.get(name)?.shape[1] ?? 0, random) : random(shape, where);
        },
        factor === 1 ? copy(name) : scale(copy(name), factor),
      );
      if (factor !== 1) moments[name] = place(({ shape }) => zeros(shape), scale(copy(name), 1 / factor));
    }
    const alone = variant === "eq14" && to.hidden === from.hidden;
    return {
      tensors,
      optimizer: { moments },
      claims: {
        functionPreserving: normMode === "sqrt-mu" && to.hidden > from.hidden ? "exact-if-eps-scaled" : "exact",
        deadParams: alone ? deadNeurons(tables.target, { from, to }) : [],
      },
    };
  },
});

/** The factor that old entries are stored with, so that norms over more channels give what they gave. */
function oldFactor({ kind, axes, feeds }: ParameterSpec, s: number, stream: boolean, tied: boolean): number {
  const channels = axes.find(({ axis }) => axis === "hidden");
  if (!channels) return 1;
  if (kind === "norm") return 1 / (stream && tied && feeds === "head" ? s * s : s);
  return stream && channels.role === "out" ? s : 1;
}

/** Zero where old channels are read, random where new ones are. */
function corner(
  [rows = 0, columns = 0]: readonly number[],
  old: number,
  random: (shape: readonly number[], block: string) => Expr,
): Expr {
  const read = zeros([rows, old]);
  return columns === old ? read : concat(1, [read, random([rows, columns - old], "corner")]);
}

/** The weights that write and read neurons whose rows are all zero. */
function deadNeurons(table: readonly ParameterSpec[], { from, to }: Pick<WidthGrowth, "from" | "to">): string[] {
  const neurons = table.filter(({ axes }) => axes.some(({ axis }) => axis === "intermediate"));
  return to.intermediate > from.intermediate ? neurons.map(({ name }) => name) : [];
}
