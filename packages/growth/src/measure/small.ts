// A model of the same family and depth as another, small enough to be computed in float64 in a moment.
import { CambiumError } from "@cambium/ir";
import { grownModel, type ModelSpec, modelSizes } from "@cambium/model";
import { countedOptions } from "../operator/counted.js";
import type { Operator } from "../operator/operator.js";
import type { GrowthPlan } from "../plan/plan.js";

const vocab = 61;
const headDim = 4;
const kvHeads = 2;

/**
 * A narrow copy of `model`: the same number of layers, the other sizes in about the same proportions.
 * @throws CambiumError `E_CONFIG` if the family cannot have such sizes.
 */
export function smallModel(model: ModelSpec): ModelSpec {
  const sizes = modelSizes(model);
  const small: Record<string, number> = { vocab: Math.min(sizes.vocab ?? vocab, vocab) };
  const scaled = (size: number, by: number) => Math.max(2, 2 * Math.round((size * by) / 2));
  if (sizes.heads && sizes.kvHeads && sizes.headDim) {
    small["kvHeads"] = Math.min(sizes.kvHeads, kvHeads);
    small["heads"] = small["kvHeads"] * (sizes.heads / sizes.kvHeads);
    small["headDim"] = Math.min(sizes.headDim, headDim);
    const by = (small["heads"] * small["headDim"]) / (sizes.heads * sizes.headDim);
    if (sizes.hidden) small["hidden"] = scaled(sizes.hidden, by);
    if (sizes.intermediate) small["intermediate"] = scaled(sizes.intermediate, by);
  }
  return grownModel(model, small);
}

/**
 * The options that grow `small` as the plan's grow its base: sizes in proportion, everything else unchanged.
 * @param operator the plan's
 * @throws CambiumError `E_GROWTH_CHECK` naming every size that has no counterpart.
 */
export function smallOptions(
  operator: Operator,
  { operator: { options }, base }: GrowthPlan,
  small: ModelSpec,
): Readonly<Record<string, unknown>> {
  const [from, to] = [modelSizes(base), modelSizes(small)] as Readonly<Record<string, number>>[];
  const reasons: { where: string; message: string }[] = [];
  const counted = countedOptions(operator);
  const scaled = Object.entries(options).map(([name, value]) => {
    const axis = counted[name]?.counts ?? "";
    const [size, smaller] = [from?.[axis], to?.[axis]];
    if (typeof value !== "number" || !size || !smaller || size === smaller) return [name, value];
    const wanted = (value * smaller) / size;
    if (!Number.isInteger(wanted))
      reasons.push({ where: name, message: `${value} of ${size} does not scale to a whole number of ${smaller}` });
    return [name, wanted];
  });
  if (reasons.length === 0) return Object.fromEntries(scaled);
  throw new CambiumError("E_GROWTH_CHECK", "the growth cannot be checked on a small model", {
    expected: "sizes that are a small fraction of the model's, e.g. half as much again",
    reasons,
    hint: "give a factor, or sizes in rounder proportion",
  });
}
