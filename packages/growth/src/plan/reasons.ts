// What can be wrong with a plan besides its expressions: tensors lost, unknown or named twice over, senseless numbers.
import type { Reason } from "@cambium/ir";
import { axisSize } from "@cambium/model";
import { sourcesOf } from "../expr/walk.js";
import type { GrowthPlan, PlanTables } from "./plan.js";

/** Every base tensor is read or listed as dropped, and nothing is listed that is not there. */
export function accountReasons(plan: GrowthPlan, { base, target }: PlanTables): Reason[] {
  const known = new Set(base.map(({ name }) => name));
  const made = new Set(target.map(({ name }) => name));
  const read = new Set(Object.values(plan.tensors).flatMap(sourcesOf));
  const dropped = new Set(plan.dropped);
  return [
    ...Object.keys(plan.tensors).flatMap((where) =>
      made.has(where) ? [] : [{ where, message: "is no tensor of the target" }],
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

/** What the plan says about training speaks of target tensors, with numbers that make sense. */
export function trainingReasons(plan: GrowthPlan, { target }: PlanTables): Reason[] {
  const known = new Set(target.map(({ name }) => name));
  const reasons: Reason[] = [];
  const lists = {
    "optimizer.moments": Object.keys(plan.optimizer.moments),
    freeze: plan.freeze,
    lrMultipliers: Object.keys(plan.lrMultipliers),
    masks: plan.masks.flatMap(({ tensors }) => tensors),
  };
  for (const [list, names] of Object.entries(lists)) {
    for (const name of names)
      if (!known.has(name)) reasons.push({ where: `${list}: ${name}`, message: "is no tensor of the target" });
  }
  for (const [name, factor] of Object.entries(plan.lrMultipliers)) {
    if (factor >= 0 && Number.isFinite(factor)) continue;
    reasons.push({
      where: `lrMultipliers: ${name}`,
      message: "is not a factor",
      expected: "a finite number ≥ 0",
      got: `${factor}`,
    });
  }
  for (const { axis, range } of plan.masks) {
    const size = axisSize(plan.target, axis);
    const [start, end] = range;
    if (Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= size) continue;
    reasons.push({
      where: `masks: ${axis}`,
      message: "is not a range of the axis",
      expected: `within 0 to ${size}`,
      got: `${start} to ${end}`,
    });
  }
  return reasons;
}
