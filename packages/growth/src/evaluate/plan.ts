// A plan as row makers, one for each target tensor.
import { phaseParts } from "@cambium/model";
import type { Expr } from "../expr/expr.js";
import { checkPlan } from "../plan/check.js";
import { checkNeeds } from "../plan/needs.js";
import { type GrowthPlan, type PlanTables, planTables } from "../plan/plan.js";
import { compileTyped } from "./compile.js";
import type { ReadRows, Value } from "./value.js";

/** One target tensor of a plan, ready to be made row by row. */
export interface CompiledTensor extends Pick<Value, "shape" | "rows"> {
  readonly name: string;
  readonly expr: Expr;
}

export interface CompileOptions {
  readonly read: ReadRows;
  /** What was found for `given` expressions, or `init` for where their fit starts. Needed only by plans that have any. */
  readonly found?: ReadRows | "init";
  /** Default: those of the plan's two configs. */
  readonly tables?: PlanTables;
}

/**
 * The target tensors of `plan`, in the order of the target's table.
 * @throws CambiumError `E_GROWTH_PLAN` with every reason why the plan does not hold together, `E_GROWTH_NEEDS` when it
 * has tensors that must be found and `found` is not given.
 */
export function compilePlan(plan: GrowthPlan, options: CompileOptions): readonly CompiledTensor[] {
  const { read, found, tables = planTables(plan) } = options;
  const checked = checkPlan(plan, tables);
  if (found === undefined) checkNeeds(plan, phaseParts(plan.phase));
  return checked.map(({ name, expr, typed }) => {
    const { shape, rows } = compileTyped(typed, { read, found: found ?? "init", power: 1 });
    return { name, expr, shape, rows };
  });
}
