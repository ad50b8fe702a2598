// Moment rules against gradients: the base's gradient, grown by a plan's moment rules, should be the target's gradient.

import { gradients } from "../measure/gradients.js";
import { growExactly, unmasked, type Weights } from "../measure/logits.js";
import type { GrowthPlan } from "../plan/plan.js";

/**
 * How far the target's gradients, in float64, are from the base's gradients grown by the plan's moment rules: the
 * largest Euclidean distance of any tensor, relative to the rule's result. Entries that the rule leaves at zero do not
 * count: new entries have gradients too, but start without moments. Masks are shut.
 */
export async function gradientRuleError(plan: GrowthPlan, weights: Weights): Promise<number> {
  const before = gradients(plan.base, weights);
  const base = Object.fromEntries(
    Object.entries(weights).map(([name, { type }]) => [name, { type, data: before[name] as Float64Array }]),
  );
  // Noise and constants are zero in a moment.
  const quiet = JSON.parse(JSON.stringify(plan.tensors), (key, value) =>
    key === "std" || key === "value" ? 0 : value,
  );
  const ruled = await growExactly({ ...plan, tensors: { ...quiet, ...plan.optimizer.moments } }, base);
  const { masks } = plan.phase;
  const shut = masks.length > 0 ? { masks, values: masks.map(() => 0) } : unmasked;
  const actual = gradients(plan.target, await growExactly(plan, weights), shut);
  let largest = 0;
  for (const [name, { data }] of Object.entries(ruled)) {
    const gradient = actual[name] as Float64Array;
    const off = data.map((rule, i) => (rule === 0 ? 0 : rule - (gradient[i] as number)));
    const size = length(data);
    if (size > 0) largest = Math.max(largest, length(off) / size);
  }
  return largest;
}

function length(data: Float64Array): number {
  return Math.sqrt(data.reduce((sum, x) => sum + x * x, 0));
}
