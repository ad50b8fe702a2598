// Grows AdamW's moments on the host.
import { CambiumError, type HostTensor, hostTensor, type Reason } from "@cambium/ir";
import type { ParameterSpec } from "@cambium/model";
import type { Expr } from "../expr/expr.js";
import { inferTensor } from "../expr/infer.js";
import type { Typed } from "../expr/typed.js";
import { checkPlan } from "../plan/check.js";
import { momentExprs, type OptimizerPolicy, updatesAfter } from "../plan/optimizer-policy.js";
import { type GrowthPlan, type PlanTables, planTables } from "../plan/plan.js";
import { checkedSource, type TensorsByName } from "./apply.js";
import { compileTyped } from "./compile.js";
import { hostRows, toHostTensor } from "./host.js";
import type { ReadRows } from "./value.js";

/** Moments of the base by parameter name. Those of a parameter that has none (it was frozen) count as zero. */
export interface MomentSource {
  /** Number of optimizer updates so far. */
  readonly updates: number;
  readonly m: TensorsByName;
  readonly v: TensorsByName;
}

export interface GrownMoments {
  /** For AdamW's bias correction: 0 after `reset`, else the base's. */
  readonly updates: number;
  /** m and v (f32) of every target tensor that trains, in the order of the target's parameter table. */
  readonly tensors: AsyncIterable<[name: string, moments: { readonly m: HostTensor; readonly v: HostTensor }]>;
}

/**
 * Grows `moments` by the plan's moment rules: m with the rule's factors, v with their squares. Noise and constants
 * count as zero.
 * @param only names of the target tensors whose moments to make; default: all that train.
 * @throws CambiumError `E_GROWTH_MOMENTS` naming all tensors with factors but without a rule, if `policy` keeps
 * moments; while iterating, `E_GROWTH_SOURCE` for a moment of another shape than its parameter.
 */
export function growMoments(
  plan: GrowthPlan,
  moments: MomentSource,
  policy: OptimizerPolicy,
  { tables = planTables(plan), only }: { readonly tables?: PlanTables; readonly only?: ReadonlySet<string> } = {},
): GrownMoments {
  checkPlan(plan, tables);
  const all = momentExprs(plan, policy, tables);
  const exprs = only ? new Map([...all].filter(([name]) => only.has(name))) : all;
  return { updates: updatesAfter(policy, moments.updates), tensors: evaluated(exprs, moments, tables) };
}

async function* evaluated(
  rules: ReadonlyMap<string, Expr>,
  moments: MomentSource,
  { base, target }: PlanTables,
): GrownMoments["tensors"] {
  const specs = new Map(base.map((spec) => [spec.name, spec]));
  const reader = (source: TensorsByName): ReadRows => {
    const get = checkedSource(source, base, (_, shape) => hostTensor("f32", shape));
    return async (name, start, end) => hostRows(await get(name), start, end);
  };
  const grown = async (typed: Typed, power: 1 | 2, read: ReadRows) => {
    if (typed.kind === "fill" && typed.value === 0) return hostTensor("f32", typed.shape);
    return toHostTensor(compileTyped(typed, { read, found: "init", power }), "f32");
  };
  const [readM, readV] = [reader(moments.m), reader(moments.v)];
  for (const spec of target) {
    const rule = rules.get(spec.name);
    if (!rule) continue;
    const typed = typedMoment(spec, rule, specs);
    yield [spec.name, { m: await grown(typed, 1, readM), v: await grown(typed, 2, readV) }];
  }
}

/**
 * `rule` as the typed expression of the moments of `spec`. @throws CambiumError `E_GROWTH_MOMENTS` if it is invalid.
 */
export function typedMoment(spec: ParameterSpec, rule: Expr, base: ReadonlyMap<string, ParameterSpec>): Typed {
  const complain = ({ message }: Reason) => {
    throw new CambiumError("E_GROWTH_MOMENTS", message, { where: spec.name });
  };
  return inferTensor(spec, rule, { base, mode: "moment", complain }) as Typed;
}
