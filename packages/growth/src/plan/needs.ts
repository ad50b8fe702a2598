// What a plan needs beyond making tensors. Whoever executes it checks that nothing is left out silently.
import { CambiumError } from "@cambium/ir";
import { type Phase, phaseParts } from "@cambium/model";
import type { ExprKind } from "../expr/expr.js";
import { walk } from "../expr/walk.js";
import type { GrowthPlan } from "./plan.js";

/**
 * `given`: tensors must be found before the plan is executed. The others: parts of the phase that training must follow.
 */
export type PlanNeed = "given" | keyof Phase;

/** What `plan` needs, in a fixed order; empty for a plan that is only tensors. */
export function planNeeds(plan: GrowthPlan): readonly PlanNeed[] {
  const kinds = new Set<ExprKind>();
  for (const expr of Object.values(plan.tensors)) walk(expr, ({ kind }) => kinds.add(kind));
  return [...(kinds.has("given") ? ["given" as const] : []), ...phaseParts(plan.phase)];
}

/** @throws CambiumError `E_GROWTH_NEEDS` if `plan` needs something that is not among `honoured`. */
export function checkNeeds(plan: GrowthPlan, honoured: readonly PlanNeed[]): void {
  const missing = planNeeds(plan).filter((need) => !honoured.includes(need));
  if (missing.length === 0) return;
  const { name, version } = plan.operator;
  throw new CambiumError("E_GROWTH_NEEDS", `the plan of ${name} ${version} needs more than is provided here`, {
    expected: missing.join(", "),
    got: honoured.join(", ") || "tensors only",
  });
}
