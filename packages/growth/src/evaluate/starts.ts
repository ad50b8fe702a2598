// Computes on the host where the fits of a plan start.
import { CambiumError, type HostTensor } from "@cambium/ir";
import { infer } from "../expr/infer.js";
import { givenOf } from "../expr/walk.js";
import { type GrowthPlan, planTables } from "../plan/plan.js";
import { checkedSource, missing, type TensorsByName } from "./apply.js";
import { compileTyped } from "./compile.js";
import { hostRows, toHostTensor } from "./host.js";

/**
 * A function from the name of a `given` tensor to the start of its search: f32, computed in float64 and rounded once.
 * @param found the measured tensors, which a start may read.
 * @throws CambiumError from that function: `E_GROWTH_SOURCE` for a tensor that is missing or has another shape,
 * `E_GROWTH_PLAN` for a name that the plan does not declare.
 */
export function compilePlanStarts(
  plan: GrowthPlan,
  base: TensorsByName,
  found: TensorsByName,
): (name: string) => Promise<HostTensor> {
  const tables = planTables(plan);
  const get = checkedSource(base, tables.base);
  const specs = new Map(tables.base.map((spec) => [spec.name, spec]));
  const given = new Map(givenOf(plan.tensors).map((expr) => [expr.name, expr]));
  return async (name) => {
    const complain = ({ message }: { readonly message: string }) => {
      throw new CambiumError("E_GROWTH_PLAN", message, { where: name });
    };
    const expr = given.get(name);
    const typed = expr && infer(expr, { base: specs, mode: "value", complain });
    if (typed?.kind !== "given")
      throw new CambiumError("E_GROWTH_PLAN", "the plan declares no such tensor", { where: name });
    const read = async (source: string, start: number, end: number) => hostRows(await get(source), start, end);
    const measured = async (of: string, start: number, end: number) =>
      hostRows((await found.get(of)) ?? missing(of), start, end);
    return toHostTensor(compileTyped(typed.start, { read, found: measured, power: 1 }), "f32");
  };
}
