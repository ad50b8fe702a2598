// Composes two plans into one: the sources of the second are replaced by the first's expressions for them.
import { CambiumError } from "@cambium/ir";
import type { Expr } from "../expr/expr.js";
import { givenOf, mapParts, sourcesOf, substitute } from "../expr/walk.js";
import { checkPlan } from "./check.js";
import { momentRule } from "./moment-rule.js";
import { checkNeeds } from "./needs.js";
import { type FunctionClaim, type GrowthPlan, planTables } from "./plan.js";

/** From the weakest claim to the strongest. */
const strength: readonly FunctionClaim[] = ["no", "at-mask-0", "exact-if-eps-scaled", "exact"];

/**
 * The plan that grows `first.base` into `second.target`. It has the weaker of the two claims, and the second's phase.
 * @throws CambiumError `E_GROWTH_PLAN` if the second does not start from the first's target; `E_GROWTH_NEEDS` if the
 * first's phase would be lost, or if the second measures its base, a model that a composed plan never makes.
 */
export function composePlans(first: GrowthPlan, second: GrowthPlan): GrowthPlan {
  checkNeeds(first, ["given"]);
  refuseMeasured(second);
  if (JSON.stringify(planTables(second).base) !== JSON.stringify(planTables(first).target)) {
    throw new CambiumError("E_GROWTH_PLAN", "the second plan does not start from the first one's target", {
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

/** `expr` of the second plan, with its `given` tensors renamed so that they differ from the first's. */
function apart(expr: Expr): Expr {
  const parts = mapParts(expr, apart);
  return parts.kind === "given" ? { ...parts, name: `then ${parts.name}` } : parts;
}

function refuseMeasured({ operator, tensors }: GrowthPlan): void {
  const names = givenOf(tensors).flatMap(({ name, by }) => (by.kind === "measure" ? [name] : []));
  if (names.length === 0) return;
  throw new CambiumError(
    "E_GROWTH_NEEDS",
    `the plan of ${operator.name} measures its base, which a composed plan never makes`,
    {
      expected: "a second plan without measurements",
      got: names.join(", "),
      hint: "grow twice, one after the other",
    },
  );
}

/** The moment rule through both plans, if at least one has an explicit rule and neither lacks one. */
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
