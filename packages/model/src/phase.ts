// A phase: how a model trains from one growth to the next. Plans decide it, stages carry it, trainers follow it.
import type { Reason } from "@cambium/ir";
import { append, highest } from "@cambium/ir";
import type { Mask } from "./masks.js";
import { groupReasons, type ParameterGroup } from "./parameter-group.js";
import type { AxisName, ParameterSpec } from "./parameters.js";
import { type Submodels, submodelReasons } from "./submodels.js";

export interface Phase {
  /** Masks that shut parts of the model and open as tokens are read. */
  readonly masks: readonly Mask[];
  /** Names of parameters that do not train: they get no gradient and no moments. */
  readonly frozen: readonly string[];
  /** Factors on the learning rate by parameter name, 1 if absent; weight decay is not scaled. */
  readonly lrMultipliers: Readonly<Record<string, number>>;
  /** Parameters with rates and decay of their own; each is in at most one group. Default: none. */
  readonly groups?: readonly ParameterGroup[];
  /** Steps that each train only a part of the depth. Default: every step trains the whole model. */
  readonly submodels?: Submodels;
}

/** The phase in which everything trains, at one rate, without masks. */
export const plainPhase: Phase = { masks: [], frozen: [], lrMultipliers: {} };

/** The parts of `phase` that differ from `plainPhase`, in a fixed order. */
export function phaseParts({ masks, frozen, lrMultipliers, groups = [], submodels }: Phase): readonly (keyof Phase)[] {
  const says: Readonly<Record<keyof Phase, boolean>> = {
    frozen: frozen.length > 0,
    groups: groups.length > 0,
    lrMultipliers: Object.keys(lrMultipliers).length > 0,
    masks: masks.length > 0,
    submodels: submodels !== undefined,
  };
  return (Object.keys(says) as (keyof Phase)[]).filter((part) => says[part]);
}

/** Everything that is wrong with `phase` for a model of these parameters. */
export function phaseReasons(
  { masks, frozen, lrMultipliers, groups = [], submodels }: Phase,
  table: readonly ParameterSpec[],
): Reason[] {
  const known = new Map(table.map((spec) => [spec.name, spec]));
  const strangers = (where: string, names: readonly string[]) =>
    names.flatMap((name) => (known.has(name) ? [] : [{ where: `${where}: ${name}`, message: noSuchParameter }]));
  return [
    ...strangers("frozen", frozen),
    ...strangers("lrMultipliers", Object.keys(lrMultipliers)),
    ...Object.entries(lrMultipliers).flatMap(([name, factor]) => {
      if (factor >= 0 && factor < Number.POSITIVE_INFINITY) return [];
      const [expected, got] = ["a finite number ≥ 0", `${factor}`];
      return [{ where: `lrMultipliers: ${name}`, message: "is not a factor", expected, got }];
    }),
    ...groups.flatMap(({ parameters }, i) => strangers(`groups / ${i}`, parameters)),
    ...groupReasons(groups),
    ...(submodels ? submodelReasons(submodels, axisLength(table, "layers")) : []),
    ...masks.flatMap((mask, i) => [
      ...strangers(`masks / ${i}`, mask.tensors),
      ...maskReasons(mask, table).map((reason) => ({ where: `masks / ${i}`, ...reason })),
    ]),
  ];
}

const noSuchParameter = "the model has no such parameter";

function maskReasons(
  { tensors, axis, range: [start, end], schedule }: Mask,
  table: readonly ParameterSpec[],
): Reason[] {
  const reasons: Reason[] = [];
  const size = axisLength(table, axis);
  if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= size)) {
    const [expected, got] = [`within 0 to ${size}`, `${start} to ${end}`];
    reasons.push({ message: `is not a range of the axis "${axis}"`, expected, got });
  }
  if ((axis === "layers") !== (tensors.length === 0)) {
    const message = axis === "layers" ? "masks whole layers and names tensors" : "masks nothing";
    const expected = axis === "layers" ? "no tensors" : "tensors with that axis";
    reasons.push({ message, expected, got: tensors.join(", ") || "none" });
  }
  const without = table.filter(
    ({ name, axes }) => axis !== "layers" && tensors.includes(name) && !axes.some((of) => of.axis === axis),
  );
  append(
    reasons,
    without.map(({ name }) => ({ message: `masks "${name}", which has no axis "${axis}"` })),
  );
  const [low, high] =
    schedule.kind === "const" ? [schedule.value, 1 - schedule.value] : [schedule.start, schedule.tokens];
  if (!(low >= 0 && high >= 0 && Number.isFinite(low + high)) || (schedule.kind === "linear" && high === 0)) {
    const expected = schedule.kind === "const" ? "a value in [0, 1]" : "start ≥ 0 and tokens > 0";
    reasons.push({ message: "has an invalid schedule", expected, got: JSON.stringify(schedule) });
  }
  return reasons;
}

/** The number of indices of `axis` in the model with these parameters; 0 if none has it. */
function axisLength(table: readonly ParameterSpec[], axis: AxisName): number {
  if (axis === "layers") return Math.max(0, highest(table.map(({ layer = -1 }) => layer + 1)));
  const lengths = table.flatMap(({ axes, shape }) =>
    axes.flatMap((of, at) => (of.axis === axis ? [(shape[at] as number) / of.unit] : [])),
  );
  return Math.max(0, highest(lengths));
}
