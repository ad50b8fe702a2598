// GradMax: new neurons whose first gradient is as large as it can be.
import {
  constant,
  counting,
  defineOperator,
  type GatedMlp,
  gatedMlps,
  given,
  normal,
  placement,
  sizesError,
  steepest,
  take,
  tensorsOf,
  zeroBlock,
  zeros,
} from "@cambium/growth";
import { grownModel, sizesAlong } from "@cambium/model";
import * as z from "zod";
import { version } from "../package.json";

/**
 * GradMax (Evci et al. 2022) for gated MLPs: a new neuron's `up` row is zero, so that the function is preserved; its
 * `gate` row is one random row for all; its `down` column is a left singular vector of what the loss's gradient by that
 * `up` row can be, measured while the base reads. Of all columns of that norm these give the largest gradient.
 *
 * Options: `intermediate`, or `fraction` more neurons (default 0.25); `scale` (default 0.5), the columns' norm over the
 * mean of the base's; `tokens` (default 8192) to measure on; `std`, `seed`.
 *
 * @throws CambiumError `E_GROWTH_SIZES` when no neuron is new, more are new than the stream has channels, or the
 * family's MLP is not gated.
 * @example
 * import gradmax from "@cambium/operator-gradmax";
 * gradmax.plan(base, { fraction: 0.25 });
 */
export default defineOperator({
  name: "gradmax",
  version,
  summary: "new neurons along the steepest directions of the loss, measured (GradMax, Evci et al. 2022)",
  options: z.strictObject({
    intermediate: counting(
      z.int().positive().exactOptional().describe("neurons of the MLP after growth"),
      "intermediate",
    ),
    fraction: z.number().positive().max(1).default(0.25).describe("new neurons over old ones, where no size is given"),
    scale: z.number().positive().default(0.5).describe("norm of new down columns over the mean of the old ones"),
    tokens: counting(z.int().positive().default(8192).describe("tokens that the directions are measured on"), "tokens"),
    std: z.number().positive().exactOptional().describe("of the gate's row; default: the family's own"),
    seed: z.string().default("gradmax").describe("names the random numbers"),
  }),
  claims: { functionPreserving: "exact" },
  target: (base, { intermediate, fraction }) => {
    const { intermediate: old, hidden } = sizesAlong(base, ["intermediate", "hidden"]);
    const size = intermediate ?? Math.max(old + 1, Math.round(old * (1 + fraction)));
    const expected = `${old + 1} to ${old + hidden}: there are ${hidden} directions`;
    if (size <= old || size > old + hidden) throw sizesError("the MLP cannot grow so", { expected, got: `${size}` });
    return grownModel(base, { intermediate: size });
  },
  plan: (base, target, { scale, tokens, std, seed }) => {
    const mlps = gatedMlps(base);
    const place = placement({ base });
    const tensors = tensorsOf(target, (spec) => {
      const { name, layer = 0, neutral } = spec;
      return place(spec, ({ shape }) => {
        const { gate, up, down } = mlps[layer] as GatedMlp;
        if (neutral !== undefined) return constant(shape, neutral);
        if (name === up.name) return zeros(shape);
        const row = normal(
          [1, gate.shape[1] as number],
          std ?? base.family.std(base.config, gate, "paper"),
          `${seed}/${layer}`,
        );
        if (name === gate.name) return take(row, 0, Array<number>(shape[0] as number).fill(0));
        return given(`steepest ${name}`, shape, steepest({ of: down.name, from: up.name, gate: row, scale, tokens }));
      });
    });
    // What is measured says where to begin; its moments begin at zero, as those of the other new entries.
    const measured = new Set(mlps.map(({ down }) => down.name));
    const moments = tensorsOf(target, (spec) => (measured.has(spec.name) ? place(spec, zeroBlock) : undefined));
    return { tensors, optimizer: { moments } };
  },
});
