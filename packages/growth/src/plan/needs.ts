// What executing a plan asks of the trainer beyond tensors, so that nobody leaves it out in silence.
import { CambiumError } from "@cambium/ir";
import type { ExprKind } from "../expr/expr.js";
import { walk } from "../expr/walk.js";
import type { GrowthPlan } from "./plan.js";

/** `learned`: tensors fitted before execution. The others: fields of the plan that training must follow. */
export type PlanNeed = "learned" | "freeze" | "lrMultipliers" | "masks";

/** What `plan` needs, in a fixed order; empty for a plan that is only tensors. */
export function planNeeds(plan: GrowthPlan): readonly PlanNeed[] {
  const kinds = new Set<ExprKind>();
  for (const expr of Object.values(plan.tensors)) walk(expr, ({ kind }) => kinds.add(kind));
  const needs: Record<PlanNeed, boolean> = {
    learned: kinds.has("learned"),
    freeze: plan.freeze.length > 0,
    lrMultipliers: Object.keys(plan.lrMultipliers).length > 0,
    masks: plan.masks.length > 0,
  };
  return (Object.keys(needs) as PlanNeed[]).filter((need) => needs[need]);
}

/** @throws CambiumError `E_GROWTH_NEEDS` when `plan` needs something that is not among `honoured`. */
export function checkNeeds(plan: GrowthPlan, honoured: readonly PlanNeed[]): void {
  const missing = planNeeds(plan).filter((need) => !honoured.includes(need));
  if (missing.length === 0) return;
  const { name, version } = plan.operator;
  throw new CambiumError("E_GROWTH_NEEDS", `the plan of ${name} ${version} needs what is not provided here`, {
    expected: missing.join(", "),
    got: honoured.join(", ") || "tensors only",
  });
}
