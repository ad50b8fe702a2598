// Compiles a plan: for each target tensor a function that makes its rows.
import { phaseParts } from "@cambium/model";
import type { Expr } from "../expr/expr.js";
import { checkPlan } from "../plan/check.js";
import { checkNeeds } from "../plan/needs.js";
import { type GrowthPlan, type PlanTables, planTables } from "../plan/plan.js";
import { compileTyped } from "./compile.js";
import type { ReadRows, Value } from "./value.js";

/** One target tensor of a plan, which can be made row by row. */
export interface CompiledTensor extends Pick<Value, "shape" | "rows"> {
  readonly name: string;
  readonly expr: Expr;
}

export interface CompileOptions {
  readonly read: ReadRows;
  /**
   * The tensors found for `given` expressions, or `init` for the starts of their searches. Plans without any need none.
   */
  readonly found?: ReadRows | "init";
  /** Default: those of the plan's two models. */
  readonly tables?: PlanTables;
}

/**
 * The target tensors of `plan`, in the order of the target's table.
 * @throws CambiumError `E_GROWTH_PLAN` with every reason why the plan is inconsistent; `E_GROWTH_NEEDS` if it has
 * `given` expressions and `found` is left out.
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
