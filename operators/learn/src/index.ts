// G_learn: the target is a linear function of the base, and the function is fitted.
import {
  counting,
  fit,
  given,
  headObjections,
  interpolatedLayers,
  linearTensors,
  normal,
  stackedLayers,
  take,
  widthOperator,
  zeros,
} from "@cambium/growth";
import * as z from "zod";
import { version } from "../package.json";

const options = {
  fitSteps: counting(z.int().positive().default(100).describe("steps of the fit"), "steps"),
  fitLr: z.number().positive().default(1e-3).describe("its learning rate"),
  init: z.enum(["stack", "interpolation"]).default("stack").describe("which base layer each target layer starts as"),
  ropeSafe: z.boolean().default(true).describe("mix heads whole; false tears apart what RoPE rotates together"),
  sides: z.enum(["one", "two"]).default("one").describe("one matrix for what writes an axis and what reads it, or two"),
  seed: z.string().default("learn").describe("names the random numbers"),
};

/**
 * LiGO (Wang et al. 2023), G_learn of "Stacking Your Transformers" (Du et al. 2024, section 3.1): W' of target layer t
 * is B (Σ_j D[t, j] W_j) Aᵀ, with a width matrix for each axis, shared by all layers, and a depth matrix for each kind
 * of weight. The fit is of their difference from their start: B = [I; N(0, 1/rows)], D a stack. The fit lowers the
 * grown model's loss with the base's weights fixed; then the model trains as any other.
 *
 * Options: sizes `hidden`, `heads`, `kvHeads`, `intermediate`, `layers`, or one `factor` for all widths (default 2);
 * `fitSteps` (default 100), `fitLr`, `init`, `ropeSafe` (default true), `sides`, `seed`.
 *
 * @throws CambiumError `E_GROWTH_SIZES` when a size shrinks or is not whole, or an old key/value head would lose query
 * heads.
 * @example
 * import learn from "@cambium/operator-learn";
 * learn.plan(base, { layers: 2 * layers, hidden: 2 * hidden });
 */
export default widthOperator({
  name: "learn",
  version,
  summary: "G_learn: the target as a fitted linear function of the base (LiGO, Wang et al. 2023)",
  options,
  layers: true,
  objections: headObjections,
  plan: (growth, { fitSteps: steps, fitLr: lr, init, ropeSafe: wholeHeads, sides, seed }) => {
    const [base, target] = [growth.from.layers, growth.to.layers];
    const tensors = linearTensors(growth, {
      starts: (init === "stack" ? stackedLayers : interpolatedLayers)(base, target),
      wholeHeads,
      mixture: ({ part }) => given(`depth ${part}`, [target, base], fit(zeros([target, base]), { steps, lr })),
      // Tensors share a matrix by axis; each kind of tensor has its own for heads. Old rows begin with nothing added.
      matrix: ({ module, part }, { axis, ofHeads, role, old, columns }) => {
        const name = ofHeads ? (module ?? part) : sides === "two" && role === "in" ? `${axis}, read` : axis;
        const random = normal([old.length, columns], 1 / Math.sqrt(old.length), `${seed}/${name}`);
        const fresh = old.map((index, t) => (index < 0 ? t : -1));
        return given(`width ${name}`, [old.length, columns], fit(take(random, 0, fresh), { steps, lr }));
      },
    });
    return { tensors };
  },
});
