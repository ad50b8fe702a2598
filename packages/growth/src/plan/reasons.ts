// What can be wrong with a plan apart from its expressions: lost or unknown tensors, conflicting names, invalid
// numbers.
import type { Reason } from "@cambium/ir";
import { phaseReasons } from "@cambium/model";
import type { Expr, Given } from "../expr/expr.js";
import { sourcesOf, walk } from "../expr/walk.js";
import type { GrowthPlan, PlanTables } from "./plan.js";

/**
 * Reasons against the account of tensors: every base tensor must be read or listed as dropped, and no other be named.
 */
export function accountReasons(plan: GrowthPlan, { base, target }: PlanTables): Reason[] {
  const known = new Set(base.map(({ name }) => name));
  const made = new Set(target.map(({ name }) => name));
  const read = new Set(Object.values(plan.tensors).flatMap(sourcesOf));
  const dropped = new Set(plan.dropped);
  return [
    ...Object.keys(plan.tensors).flatMap((where) =>
      made.has(where) ? [] : [{ where, message: "is not a tensor of the target" }],
    ),
    ...[...known].flatMap((where) =>
      read.has(where) || dropped.has(where)
        ? []
        : [{ where, message: "a base tensor is lost", hint: "read it, or list it in `dropped`" }],
    ),
    ...[...dropped].flatMap((where) => {
      if (!known.has(where)) return [{ where, message: "is dropped, but the base does not have it" }];
      return read.has(where) ? [{ where, message: "is listed as dropped, but is read" }] : [];
    }),
  ];
}

/** Reasons against the moment rules, claims and phase: they must name target tensors and have valid numbers. */
export function trainingReasons(plan: GrowthPlan, { target }: PlanTables): Reason[] {
  const known = new Set(target.map(({ name }) => name));
  const lists = {
    "optimizer.moments": Object.keys(plan.optimizer.moments),
    "claims.deadParams": plan.claims.deadParams ?? [],
  };
  const reasons = Object.entries(lists).flatMap(([list, names]) =>
    names.flatMap((name) =>
      known.has(name) ? [] : [{ where: `${list}: ${name}`, message: "is not a tensor of the target" }],
    ),
  );
  return [...reasons, ...phaseReasons(plan.phase, target)];
}

/** Reasons against `given` tensors: one name must mean one tensor, found in one way. */
export function givenReasons(tensors: Readonly<Record<string, Expr>>): Reason[] {
  const known = new Map<string, Given>();
  const reasons: Reason[] = [];
  for (const [where, expr] of Object.entries(tensors))
    walk(expr, (part) => {
      if (part.kind !== "given") return;
      const before = known.get(part.name) ?? part;
      known.set(part.name, before);
      if (part === before || JSON.stringify(part) === JSON.stringify(before)) return;
      reasons.push({ where, message: `"${part.name}" is declared in two ways` });
    });
  return reasons;
}
