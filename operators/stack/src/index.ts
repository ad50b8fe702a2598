// G_stack: the whole base repeated until the target is deep enough.
import { depthError, depthOperator, stackedLayers } from "@cambium/growth";
import * as z from "zod";
import { version } from "../package.json";

/**
 * G_stack of "Stacking Your Transformers" (Du et al. 2024, Fig. 1 and Algorithm 1: M' = M ∘ M ∘ … ∘ M, g times):
 * target layer t is a copy of base layer t mod l; embedding, final norm and head are copied once. It keeps
 * R_c = (l−1)g / (gl−1) of the connections, the most that g times the layers can keep, but not the function: the
 * loss jumps at growth and falls below that of training from scratch.
 *
 * Options: `factor` (default 4) or `layers`; `strict` (default true) refuses a target that is not a multiple of the
 * base. With `strict: false` what is left over after the last whole copy is filled from the top of the base, as in
 * bert2BERT (Chen et al. 2021).
 *
 * @example
 * import { layerMap } from "@cambium/growth";
 * import stack from "@cambium/operator-stack";
 * layerMap(stack.plan(base, { factor: 2 })); // [0, 1, 2, 0, 1, 2] of 3
 */
export default depthOperator({
  name: "stack",
  version,
  summary: "G_stack: the whole model stacked on itself (Du et al. 2024)",
  options: { strict: z.boolean().default(true).describe("refuse a target that is not a multiple of the base") },
  layers: (base, target, { strict }) => {
    const rest = target % base;
    if (strict && rest !== 0) {
      const got = `${target} layers from ${base}`;
      const hint = `layers: ${target - rest} or ${target - rest + base}, or strict: false to fill up from the top of the base`;
      throw depthError("the target is not a whole number of copies", {
        expected: `a multiple of ${base} layers`,
        got,
        hint,
      });
    }
    return stackedLayers(base, target);
  },
});
