// GradMax: new neurons whose first gradient is as large as it can be.
import {
  copy,
  defineOperator,
  type Expr,
  given,
  normal,
  padded,
  planTables,
  sizesError,
  steepest,
  take,
  tensorsOf,
  zeros,
} from "@cambium/growth";
import { grownModel, type ParameterSpec, sizesAlong } from "@cambium/model";
import * as z from "zod";
import { version } from "../package.json";

/**
 * GradMax (Evci et al. 2022) for gated MLPs: a new neuron's `up` row is zero, so that the function is preserved; its `gate`
 * row is one random row for all; its `down` column is a left singular vector of what the loss's gradient by that `up` row
 * can be, measured while the base reads. Of all columns of that norm these give the largest gradient.
 *
 * Options: `intermediate`, or `fraction` more neurons (default 0.25); `scale` (default 0.5), the columns' norm over the mean
 * of the base's; `tokens` (default 8192) to measure on; `std`, `seed`.
 *
 * @throws CambiumError `E_GROWTH_SIZES` when no neuron is new, more are new than the stream has channels, or the family's
 * MLP is not gated.
 * @example
 * import gradmax from "@cambium/operator-gradmax";
 * gradmax.plan(base, { fraction: 0.25 });
 */
export default defineOperator({
  name: "gradmax",
  version,
  summary: "new neurons along the steepest directions of the loss, measured (GradMax, Evci et al. 2022)",
  options: z.strictObject({
    intermediate: z.int().positive().exactOptional().describe("neurons of the MLP after growth"),
    fraction: z.number().positive().max(1).default(0.25).describe("new neurons over old ones, where no size is given"),
    scale: z.number().positive().default(0.5).describe("norm of new down columns over the mean of the old ones"),
    tokens: z.int().positive().default(8192).describe("tokens that the directions are measured on"),
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
    const old = new Map(planTables({ base, target }).base.map((one) => [one.name, one]));
    const isGrown = ({ name, shape }: ParameterSpec) => `${shape}` !== `${old.get(name)?.shape}`;
    const tensors = tensorsOf(target, (spec) => {
      const { name, layer, part } = spec;
      const place = name.slice(0, name.length - (part?.length ?? 0));
      const [gateName, upName] = ["gate", "up"].map((of) => `${place}mlp.${of}_proj.weight`) as [string, string];
      if (part?.startsWith("mlp.") && !old.has(gateName))
        throw sizesError("the MLP has no gate", { expected: gateName, got: name });
      if (!isGrown(spec)) return copy(name);
      const channels = old.get(gateName)?.shape[1] ?? 0;
      const gate = normal([1, channels], std ?? target.family.std(target.config, spec, "paper"), `${seed}/${layer}`);
      return padded(spec, old.get(name), [], ({ shape }): Expr => {
        if (name === gateName) return take(gate, 0, Array<number>(shape[0] as number).fill(0));
        if (name === upName) return zeros(shape);
        return given(`steepest ${name}`, shape, steepest({ of: name, from: upName, gate, scale, tokens }));
      });
    });
    // What is measured says where to begin; its moments begin at zero, as those of the other new entries.
    const moments = tensorsOf(target, (spec) => {
      if (spec.part !== "mlp.down_proj.weight" || !isGrown(spec)) return undefined;
      return padded(spec, old.get(spec.name), [], ({ shape }) => zeros(shape));
    });
    return { tensors, optimizer: { moments } };
  },
});
