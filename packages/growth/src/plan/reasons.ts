// What can be wrong with a plan besides its expressions: tensors lost, unknown or named twice over, senseless numbers.
import type { Reason } from "@cambium/ir";
import { axisSize, type Mask, type ParameterSpec } from "@cambium/model";
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
    "claims.deadParams": plan.claims.deadParams ?? [],
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
  return [...reasons, ...plan.masks.flatMap((mask, i) => maskReasons(mask, `masks / ${i}`, plan, target))];
}

function maskReasons(
  { tensors, axis, range: [start, end], schedule }: Mask,
  where: string,
  plan: GrowthPlan,
  table: readonly ParameterSpec[],
): Reason[] {
  const reasons: Reason[] = [];
  const size = axisSize(plan.target, axis);
  if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= size)) {
    const [expected, got] = [`within 0 to ${size}`, `${start} to ${end}`];
    reasons.push({ where, message: `is not a range of the axis "${axis}"`, expected, got });
  }
  if ((axis === "layers") !== (tensors.length === 0)) {
    const message = axis === "layers" ? "gates whole layers and names tensors" : "gates nothing";
    const expected = axis === "layers" ? "no tensors" : "tensors with that axis";
    reasons.push({ where, message, expected, got: tensors.join(", ") || "none" });
  }
  const without = table.filter(
    ({ name, axes }) => axis !== "layers" && tensors.includes(name) && !axes.some((of) => of.axis === axis),
  );
  reasons.push(...without.map(({ name }) => ({ where, message: `gates "${name}", which has no axis "${axis}"` })));
  const [low, high] =
    schedule.kind === "const" ? [schedule.value, 1 - schedule.value] : [schedule.start, schedule.tokens];
  if (!(low >= 0 && high >= 0 && Number.isFinite(low + high)) || (schedule.kind === "linear" && high === 0)) {
    const expected = schedule.kind === "const" ? "a value in [0, 1]" : "start ≥ 0 and tokens > 0";
    reasons.push({ where, message: "has a schedule that makes no sense", expected, got: JSON.stringify(schedule) });
  }
  return reasons;
}
