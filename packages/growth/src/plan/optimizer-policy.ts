// What happens to AdamW's moments at growth: a policy turns a plan into one expression for each tensor's moments.
import { CambiumError, type Reason } from "@cambium/ir";
import { zeros } from "../expr/build.js";
import type { Expr } from "../expr/expr.js";
import { mapParts, sourcesOf } from "../expr/walk.js";
import { momentRule } from "./moment-rule.js";
import type { GrowthPlan, PlanTables } from "./plan.js";

/**
 * The policies:
 * - `reset`: everything starts at zero, and bias correction starts over (Du et al. 2024).
 * - `carry`: every target tensor gets the moments that its gradient's history would have, copies included.
 * - `pad`: each base entry's moments go to the first target tensor that reads it, in the order of the target's table;
 *   further copies and new entries start at zero.
 * - `zero-new`: old tensors keep their moments, everything else starts at zero. A target tensor is old if it is the own
 *   place of a base tensor: the target tensor of the same name if that reads it, else the first that does. A layer that
 *   growth moves up therefore keeps its moments, and a copy before it does not get them. Within an old tensor each
 *   entry's moments stay with its first copy. A tensor whose factors have no moment rule starts at zero; `carry` and
 *   `pad` refuse it.
 */
export const optimizerPolicies = ["reset", "carry", "pad", "zero-new"] as const;
export type OptimizerPolicy = (typeof optimizerPolicies)[number];

/**
 * The moments of every target tensor that trains, as expressions over the base's moments, in the order of the target's
 * table.
 * @throws CambiumError `E_GROWTH_MOMENTS` naming all tensors for which `policy` needs a rule that the plan lacks.
 */
export function momentExprs(plan: GrowthPlan, policy: OptimizerPolicy, tables: PlanTables): ReadonlyMap<string, Expr> {
  const frozen = new Set(plan.phase.frozen);
  const trained = tables.target.filter(({ name }) => !frozen.has(name));
  const zero = new Map(trained.map(({ name, shape }): [string, Expr] => [name, zeros(shape)]));
  const names = trained.map(({ name }) => name);
  const policies: Readonly<Record<OptimizerPolicy, () => ReadonlyMap<string, Expr>>> = {
    reset: () => zero,
    carry: () => momentRules(plan, names),
    pad: () => {
      const claimed = new Set<string>();
      return onceEach(momentRules(plan, names), tables, (_, source) => claimed.size < claimed.add(source).size);
    },
    "zero-new": () => {
      const rules = knownRules(plan, names);
      const places = ownPlaces(plan, tables);
      return new Map([...zero, ...onceEach(rules, tables, (name, source) => places.get(source) === name)]);
    },
  };
  return policies[policy]();
}

/** The number of optimizer updates for bias correction after growth. */
export function updatesAfter(policy: OptimizerPolicy, updates: number): number {
  return policy === "reset" ? 0 : updates;
}

function knownRules(plan: GrowthPlan, names: readonly string[]): Map<string, Expr> {
  return new Map(
    names.flatMap((name) => {
      const rule = momentRule(plan, name);
      return rule ? [[name, rule] as const] : [];
    }),
  );
}

function momentRules(plan: GrowthPlan, names: readonly string[]): Map<string, Expr> {
  const rules = knownRules(plan, names);
  const message = "has factors, and no moment rule says what they do to its gradient";
  const reasons: Reason[] = names.flatMap((where) => (rules.has(where) ? [] : [{ where, message }]));
  if (reasons.length === 0) return rules;
  const { name, version } = plan.operator;
  const hint = "reset the moments, or give the plan a rule for each of them";
  throw new CambiumError("E_GROWTH_MOMENTS", `the plan of ${name} ${version} cannot keep the moments`, {
    hint,
    reasons,
  });
}

/**
 * Names of the target tensors that are not the own place of a base tensor (`optimizerPolicies`): further copies, and
 * tensors that read nothing of the base. A tensor that growth widened is old.
 */
export function newTensors(plan: GrowthPlan, tables: PlanTables): string[] {
  const old = new Set(ownPlaces(plan, tables).values());
  return tables.target.flatMap(({ name }) => (old.has(name) ? [] : [name]));
}

/**
 * For each base tensor the target tensor that is its own place. A frozen tensor counts too: its copies are still new.
 */
function ownPlaces(plan: GrowthPlan, { target }: PlanTables): Map<string, string> {
  const places = new Map<string, string>();
  const rules = knownRules(
    plan,
    target.map(({ name }) => name),
  );
  for (const [name, rule] of rules) {
    for (const source of sourcesOf(rule)) if (source === name || !places.has(source)) places.set(source, name);
  }
  return places;
}

/** `rules` restricted: a base tensor is read once, and only where `keeps` allows it; each slice once within a take. */
function onceEach(
  rules: ReadonlyMap<string, Expr>,
  { base }: PlanTables,
  keeps: (name: string, source: string) => boolean,
): Map<string, Expr> {
  const shapes = new Map(base.map(({ name, shape }) => [name, shape]));
  const once = (name: string, read: Set<string>) => {
    const first = (expr: Expr): Expr => {
      if (expr.kind === "copy") {
        const kept = !read.has(expr.source) && keeps(name, expr.source);
        read.add(expr.source);
        return kept ? expr : zeros(shapes.get(expr.source) ?? []);
      }
      const parts = mapParts(expr, first);
      if (parts.kind !== "take") return parts;
      const taken = new Set<number>();
      return { ...parts, indices: parts.indices.map((index) => (taken.size < taken.add(index).size ? index : -1)) };
    };
    return first;
  };
  return new Map([...rules].map(([name, rule]) => [name, once(name, new Set())(rule)]));
}
