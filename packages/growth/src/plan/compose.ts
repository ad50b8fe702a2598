// Two plans, one after the other, as one: the second's sources are replaced by what the first makes of them.
import { CambiumError } from "@cambium/ir";
import type { Expr } from "../expr/expr.js";
import { givenOf, mapParts, sourcesOf, substitute } from "../expr/walk.js";
import { checkPlan } from "./check.js";
import { momentRule } from "./moment-rule.js";
import { checkNeeds } from "./needs.js";
import { type FunctionClaim, type GrowthPlan, planTables } from "./plan.js";

/** From the weakest. */
const strength: readonly FunctionClaim[] = ["no", "at-mask-0", "exact-if-eps-scaled", "exact"];

/**
 * The plan that grows `first.base` into `second.target`. Claims compose as the weaker one; how the target trains is
 * what the second says.
 * @throws CambiumError `E_GROWTH_PLAN` when the second does not start from what the first makes, `E_GROWTH_NEEDS` when
 * the first has something to say about training, which would be lost, or the second measures a model that is never there.
 */
export function composePlans(first: GrowthPlan, second: GrowthPlan): GrowthPlan {
  checkNeeds(first, ["given"]);
  refuseMeasured(second);
  if (JSON.stringify(planTables(second).base) !== JSON.stringify(planTables(first).target)) {
    throw new CambiumError("E_GROWTH_PLAN", "the second plan does not start from what the first one makes", {
      expected: JSON.stringify(first.target),
      got: JSON.stringify(second.base),
    });
  }
  const tensors = Object.fromEntries(
    Object.entries(second.tensors).map(([name, expr]) => [
      name,
      substitute(apart(expr), (source) => first.tensors[source] as Expr),
    ]),
  );
  const read = new Set(Object.values(tensors).flatMap(sourcesOf));
  const [a, b] = [first.operator, second.operator];
  const plan: GrowthPlan = {
    ...second,
    operator: {
      name: `${a.name}+${b.name}`,
      version: `${a.version}+${b.version}`,
      options: { first: a.options, second: b.options },
    },
    base: first.base,
    tensors,
    dropped: planTables(first).base.flatMap(({ name }) => (read.has(name) ? [] : [name])),
    optimizer: {
      moments: Object.fromEntries(Object.keys(tensors).flatMap((name) => composedRule(first, second, name))),
    },
    claims: {
      ...second.claims,
      functionPreserving: weaker(first.claims.functionPreserving, second.claims.functionPreserving),
    },
  };
  checkPlan(plan);
  return plan;
}

/** `expr` of the second plan, with names of its own for what is to be found. */
function apart(expr: Expr): Expr {
  const parts = mapParts(expr, apart);
  return parts.kind === "given" ? { ...parts, name: `then ${parts.name}` } : parts;
}

function refuseMeasured({ operator, tensors }: GrowthPlan): void {
  const names = givenOf(tensors).flatMap(({ name, by }) => (by.kind === "measure" ? [name] : []));
  if (names.length === 0) return;
  throw new CambiumError(
    "E_GROWTH_NEEDS",
    `the plan of ${operator.name} measures its base, which a composed plan never has`,
    {
      expected: "a second plan without measurements",
      got: names.join(", "),
      hint: "grow twice, one after the other",
    },
  );
}

/** The moment rule through both plans, if either has one of its own and both have one at all. */
function composedRule(first: GrowthPlan, second: GrowthPlan, name: string): [string, Expr][] {
  const rule = momentRule(second, name);
  if (!rule) return [];
  const sources = sourcesOf(rule);
  const explicit = rule === second.optimizer.moments[name] || sources.some((source) => first.optimizer.moments[source]);
  if (!explicit || !sources.every((source) => momentRule(first, source))) return [];
  return [[name, substitute(rule, (source) => momentRule(first, source) as Expr)]];
}

function weaker(a: FunctionClaim, b: FunctionClaim): FunctionClaim {
  return strength.indexOf(a) < strength.indexOf(b) ? a : b;
}
