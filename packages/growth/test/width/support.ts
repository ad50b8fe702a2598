// An operator that copies indices, with all options of copies, on a base whose axes all differ in size.
import {
  copiesOf,
  copiesPlan,
  copyOptions,
  type GrowthPlan,
  listedSizes,
  scaledEps,
  widthOperator,
} from "@cambium/growth";
import { type DecoderInput, llama, type ModelSpec, modelSpec } from "@cambium/model";

export const copying = widthOperator({
  ...{ name: "copying", version: "1.0.0", summary: "Indices are copied." },
  options: copyOptions("copying"),
  claims: { functionPreserving: "exact" },
  decided: listedSizes,
  target: (grown, growth, chosen) => scaledEps(grown, copiesOf(growth, chosen).stream.eps),
  plan: (growth, chosen) => copiesPlan(growth, copiesOf(growth, chosen), chosen),
});

/** Two query heads over each key/value head. */
export function small(given: Partial<DecoderInput> = {}): ModelSpec {
  const sizes = { vocab: 13, hidden: 8, intermediate: 10, layers: 2, heads: 4, kvHeads: 2, headDim: 4 };
  return modelSpec(llama, { ...sizes, contextLength: 12, ...given });
}

export function copied(options: Record<string, unknown>, given: Partial<DecoderInput> = {}): GrowthPlan {
  return copying.plan(small(given), options);
}
