// The compiled form of a plan, and whether it holds together. Every reason against it is found at once.
import { CambiumError, type Reason } from "@cambium/ir";
import { compileTensor } from "../evaluate/compile.js";
import type { ReadRows, TensorScope, Value } from "../evaluate/value.js";
import type { Expr } from "../expr/expr.js";
import { checkNeeds } from "./needs.js";
import { type GrowthPlan, growthContractVersion, type PlanTables, planTables } from "./plan.js";
import { accountReasons, trainingReasons } from "./reasons.js";

/** One target tensor of a plan, ready to be made row by row. */
export interface CompiledTensor extends Pick<Value, "shape" | "rows"> {
  readonly name: string;
  readonly expr: Expr;
}

export interface CompileOptions {
  readonly read: ReadRows;
  /** Fitted values of `learned` expressions, or `init` for where their fit starts. Needed only by plans that have any. */
  readonly learned?: ReadRows | "init";
  /** Default: those of the plan's two configs. */
  readonly tables?: PlanTables;
}

/** @throws CambiumError `E_GROWTH_PLAN` with every reason why `plan` does not hold together. */
export function checkPlan(plan: GrowthPlan, tables: PlanTables = planTables(plan)): void {
  compilePlan(plan, { tables, learned: "init", read: () => new Float64Array() });
}

/**
 * The target tensors of `plan`, in the order of the target's table.
 * @throws CambiumError `E_GROWTH_PLAN` with every reason why the plan does not hold together, `E_GROWTH_NEEDS` when it
 * has learned tensors and `learned` is not given.
 */
export function compilePlan(plan: GrowthPlan, options: CompileOptions): readonly CompiledTensor[] {
  const { read, learned, tables = planTables(plan) } = options;
  const reasons: Reason[] = [];
  if (plan.contract !== growthContractVersion) {
    const [expected, got] = [`contract ${growthContractVersion}`, `contract ${plan.contract}`];
    reasons.push({ message: "the plan was made for another version of the growth contract", expected, got });
  }
  const base = new Map(tables.base.map((spec) => [spec.name, spec]));
  const scope = (where: string): TensorScope => ({
    base,
    read,
    learned: learned ?? "init",
    mode: "value",
    power: 1,
    complain: (reason) => reasons.push({ where, ...reason }),
  });
  const compiled = tables.target.flatMap((spec) => {
    const { name } = spec;
    const expr = own(plan.tensors, name);
    if (!expr) reasons.push({ where: name, message: "the plan does not make this tensor of the target" });
    const rule = own(plan.optimizer.moments, name);
    if (rule) compileTensor(spec, rule, { ...scope(`optimizer.moments: ${name}`), mode: "moment" });
    const value = expr && compileTensor(spec, expr, scope(name));
    return value ? [{ name, expr, shape: value.shape, rows: value.rows }] : [];
  });
  reasons.push(...accountReasons(plan, tables), ...trainingReasons(plan, tables));
  if (reasons.length > 0) {
    const { name, version } = plan.operator;
    throw new CambiumError("E_GROWTH_PLAN", `the plan of ${name} ${version} does not hold together`, { reasons });
  }
  if (learned === undefined) checkNeeds(plan, ["freeze", "lrMultipliers", "masks"]);
  return compiled;
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
