// A larger model, newly initialised: it has nothing of the base.
import { constant, initial, tensorsOf, widthOperator } from "@cambium/growth";
import { parameterTable } from "@cambium/model";
import * as z from "zod";
import { version } from "../package.json";

/**
 * Every weight is initialised as in training from scratch, and the base is dropped: the grown model has only what it
 * then learns from the base (`distill` in a recipe). With the recipe's seed, these are the weights of its scratch arm.
 *
 * Options: sizes `hidden`, `heads`, `kvHeads`, `intermediate`, `layers`, or one `factor` for all widths (default 2);
 * `init` `paper` (default) or `hf`; `seed` (default `0`).
 *
 * @throws CambiumError `E_GROWTH_SIZES` when a size shrinks or is not whole.
 * @example
 * import anew from "@cambium/operator-anew";
 * anew.plan(base, { layers: 12 });
 */
export default widthOperator({
  name: "anew",
  version,
  summary: "a larger model begun anew, of which the base is at most the teacher",
  options: {
    init: z.enum(["paper", "hf"]).default("paper").describe("how weights are drawn"),
    seed: z.string().default("0").describe("names the random numbers"),
  },
  layers: true,
  plan: ({ base, target }, { init, seed }) => {
    const { family, config } = target;
    const tensors = tensorsOf(target, (spec) => {
      const { name, shape, neutral } = spec;
      if (neutral !== undefined) return constant(shape, neutral);
      return initial(shape, family.std(config, spec, init), `${seed}/init/${name}`);
    });
    return { tensors, dropped: parameterTable(base).map(({ name }) => name) };
  },
});
