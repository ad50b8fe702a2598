// Checks that a plan is consistent. Finds every reason against it at once, without evaluating anything.
import { append, CambiumError, type Reason } from "@cambium/ir";
import type { Expr } from "../expr/expr.js";
import { type InferScope, inferTensor } from "../expr/infer.js";
import type { Typed } from "../expr/typed.js";
import { type GrowthPlan, growthContractVersion, type PlanTables, planTables } from "./plan.js";
import { accountReasons, givenReasons, trainingReasons } from "./reasons.js";

/** One target tensor of a consistent plan. */
export interface CheckedTensor {
  readonly name: string;
  readonly expr: Expr;
  readonly typed: Typed;
}

/**
 * The target tensors of `plan`, in the order of the target's table.
 * @throws CambiumError `E_GROWTH_PLAN` with every reason why the plan is inconsistent.
 */
export function checkPlan(plan: GrowthPlan, tables: PlanTables = planTables(plan)): readonly CheckedTensor[] {
  const reasons: Reason[] = [];
  if (plan.contract !== growthContractVersion) {
    const [expected, got] = [`contract ${growthContractVersion}`, `contract ${plan.contract}`];
    reasons.push({ message: "the plan was made for another version of the growth contract", expected, got });
  }
  const base = new Map(tables.base.map((spec) => [spec.name, spec]));
  const scope = (where: string, mode: InferScope["mode"]): InferScope => {
    return { base, mode, complain: (reason) => reasons.push({ where, ...reason }) };
  };
  const checked = tables.target.flatMap((spec): CheckedTensor[] => {
    const { name } = spec;
    const expr = own(plan.tensors, name);
    if (!expr) reasons.push({ where: name, message: "the plan does not make this tensor of the target" });
    const rule = own(plan.optimizer.moments, name);
    if (rule) inferTensor(spec, rule, scope(`optimizer.moments: ${name}`, "moment"));
    const typed = expr && inferTensor(spec, expr, scope(name, "value"));
    return typed ? [{ name, expr, typed }] : [];
  });
  append(reasons, [...accountReasons(plan, tables), ...givenReasons(plan.tensors), ...trainingReasons(plan, tables)]);
  if (reasons.length === 0) return checked;
  const { name, version } = plan.operator;
  throw new CambiumError("E_GROWTH_PLAN", `the plan of ${name} ${version} does not hold together`, { reasons });
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
