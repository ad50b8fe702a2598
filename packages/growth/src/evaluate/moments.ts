// AdamW's moments at growth: reset, carried or padded.
import { CambiumError, type HostTensor, hostTensor, type Reason } from "@cambium/ir";
import type { ParameterSpec } from "@cambium/model";
import { zeros } from "../expr/build.js";
import type { Expr } from "../expr/expr.js";
import { inferTensor } from "../expr/infer.js";
import type { Typed } from "../expr/typed.js";
import { mapParts } from "../expr/walk.js";
import { checkPlan } from "../plan/check.js";
import { momentRule } from "../plan/moment-rule.js";
import { type GrowthPlan, type PlanTables, planTables } from "../plan/plan.js";
import { checkedSource, type TensorSource } from "./apply.js";
import { compileTyped } from "./compile.js";
import { hostRows, toHostTensor } from "./host.js";
import type { ReadRows } from "./value.js";

/**
 * `reset`: zero moments, and bias correction starts over (the paper). `carry`: every target tensor gets the moments
 * that its gradient's history would have, copies included. `pad`: each base entry's moments go to its first copy in
 * the target, further copies and new entries start at zero.
 */
export type MomentPolicy = "reset" | "carry" | "pad";

/** Moments of the base by parameter name; a parameter without any (it was frozen) counts as zero. */
export interface MomentSource {
  /** Optimizer updates the moments have seen. */
  readonly updates: number;
  readonly m: TensorSource;
  readonly v: TensorSource;
}

export interface GrownMoments {
  /** For AdamW's bias correction: 0 after `reset`, else the base's. */
  readonly updates: number;
  /** m and v (f32) of every target tensor that trains, in the order of the target's parameter table. */
  readonly tensors: AsyncIterable<[name: string, moments: { readonly m: HostTensor; readonly v: HostTensor }]>;
}

/**
 * Grows `moments` by the plan's moment rules: m with the rule's factors, v with their squares, noise and constants
 * as zero.
 * @throws CambiumError `E_GROWTH_MOMENTS` when moments are to be kept and tensors with factors have no rule, all of
 * them named; while iterating, `E_GROWTH_SOURCE` for a moment of another shape than its parameter.
 */
export function growMoments(
  plan: GrowthPlan,
  moments: MomentSource,
  policy: MomentPolicy,
  tables: PlanTables = planTables(plan),
): GrownMoments {
  checkPlan(plan, tables);
  const frozen = new Set(plan.phase.frozen);
  const trained = tables.target.filter(({ name }) => !frozen.has(name));
  if (policy === "reset") {
    const fresh = async function* (): GrownMoments["tensors"] {
      for (const { name, shape } of trained) yield [name, { m: hostTensor("f32", shape), v: hostTensor("f32", shape) }];
    };
    return { updates: 0, tensors: fresh() };
  }
  const rules = momentRules(
    plan,
    trained.map(({ name }) => name),
  );
  const kept = policy === "carry" ? rules : firstCopies(rules, tables);
  return { updates: moments.updates, tensors: evaluated(kept, moments, tables) };
}

function momentRules(plan: GrowthPlan, names: readonly string[]): Map<string, Expr> {
  const rules = new Map<string, Expr>();
  const reasons: Reason[] = [];
  for (const name of names) {
    const rule = momentRule(plan, name);
    if (rule) rules.set(name, rule);
    else
      reasons.push({
        where: name,
        message: "is made with factors, and no moment rule says what they do to its gradient",
      });
  }
  if (reasons.length === 0) return rules;
  const { name, version } = plan.operator;
  const hint = "reset the moments, or give the plan a rule for each of them";
  throw new CambiumError("E_GROWTH_MOMENTS", `the plan of ${name} ${version} cannot keep the moments`, {
    hint,
    reasons,
  });
}

/** `rules` with every base entry read at most once: by the first that asks, in the order of the target. */
function firstCopies(rules: ReadonlyMap<string, Expr>, { base }: PlanTables): Map<string, Expr> {
  const shapes = new Map(base.map(({ name, shape }) => [name, shape]));
  const claimed = new Set<string>();
  const first = (expr: Expr): Expr => {
    if (expr.kind === "copy") {
      if (claimed.has(expr.source)) return zeros(shapes.get(expr.source) ?? []);
      claimed.add(expr.source);
      return expr;
    }
    const parts = mapParts(expr, first);
    if (parts.kind !== "take") return parts;
    const taken = new Set<number>();
    return { ...parts, indices: parts.indices.map((index) => (taken.size < taken.add(index).size ? index : -1)) };
  };
  return new Map([...rules].map(([name, rule]) => [name, first(rule)]));
}

async function* evaluated(
  rules: ReadonlyMap<string, Expr>,
  moments: MomentSource,
  { base, target }: PlanTables,
): GrownMoments["tensors"] {
  const specs = new Map(base.map((spec) => [spec.name, spec]));
  const reader = (source: TensorSource): ReadRows => {
    const get = checkedSource(source, base, (_, shape) => hostTensor("f32", shape));
    return async (name, start, end) => hostRows(await get(name), start, end);
  };
  const typedRule = (spec: ParameterSpec, rule: Expr): Typed => {
    const complain = ({ message }: Reason) => {
      throw new CambiumError("E_GROWTH_MOMENTS", message, { where: spec.name });
    };
    return inferTensor(spec, rule, { base: specs, mode: "moment", complain }) as Typed;
  };
  const grown = (typed: Typed, power: 1 | 2, read: ReadRows) =>
    toHostTensor(compileTyped(typed, { read, learned: "init", power }), "f32");
  const [readM, readV] = [reader(moments.m), reader(moments.v)];
  for (const spec of target) {
    const rule = rules.get(spec.name);
    if (!rule) continue;
    const typed = typedRule(spec, rule);
    yield [spec.name, { m: await grown(typed, 1, readM), v: await grown(typed, 2, readV) }];
  }
}
