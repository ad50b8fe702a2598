// The masks that shut new parts, and when each opens.
import { headOrder, type Mask, newRanges, planTables, type WidthGrowth } from "@cambium/growth";
import type { Reason } from "@cambium/ir";
import type { ModelSpec, ParameterSpec } from "@cambium/model";
import type { Options, PhaseAxis } from "./options.js";

type Place = Omit<Mask, "schedule">;

/** At 0 the target computes what the base does. Norms are masked rather than everything that writes to new channels. */
export function growthMasks(growth: WidthGrowth & { readonly target: ModelSpec }, options: Options): Mask[] {
  const { from, to } = growth;
  const { target: table } = planTables(growth);
  const named = (fits: (spec: ParameterSpec) => boolean) => table.filter(fits).map(({ name }) => name);
  const has = ({ axes }: ParameterSpec, axis: string) => axes.some((of) => of.axis === axis);
  const writers = (spec: ParameterSpec) => spec.layer !== undefined && spec.writes === "stream";
  /** What the base's layers write to the stream from that axis. */
  const old = (axis: string) =>
    named((spec) => writers(spec) && has(spec, axis) && (spec.layer as number) < from.layers);
  const fresh = named((spec) => writers(spec) && (spec.layer as number) >= from.layers);
  const beyond = (tensors: readonly string[], axis: "hidden" | "intermediate"): Place[] =>
    to[axis] > from[axis] ? [{ tensors, axis, range: [from[axis], to[axis]] }] : [];
  const places: Readonly<Record<PhaseAxis, readonly Place[]>> = {
    intermediate: beyond(old("intermediate"), "intermediate"),
    hidden: beyond(
      named((spec) => spec.kind === "norm" && has(spec, "hidden")),
      "hidden",
    ),
    heads: newRanges(headOrder(from, to), from.heads).map((range) => ({ tensors: old("heads"), axis: "heads", range })),
    layers: to.layers > from.layers ? [newLayers(options.form, fresh, growth)] : [],
  };
  return Object.entries(phaseStarts(growth, options.phases)).flatMap(([axis, phase]) =>
    places[axis as PhaseAxis].map((place): Mask => {
      return { ...place, schedule: { kind: "linear", start: phase * options.maskTokens, tokens: options.maskTokens } };
    }),
  );
}

/** A new layer is mixed with the identity, or what its two halves add is scaled. */
function newLayers(form: Options["form"], writers: readonly string[], { from, to }: WidthGrowth): Place {
  if (form === "block") return { tensors: [], axis: "layers", range: [from.layers, to.layers] };
  return { tensors: writers, axis: "hidden", range: [0, to.hidden] };
}

/** The phase, counted from 0, in which each growing axis opens. */
function phaseStarts(growth: WidthGrowth, phases: Options["phases"]): Partial<Record<PhaseAxis, number>> {
  const growing = (axes: readonly PhaseAxis[]) => axes.filter((axis) => grows(growth, axis));
  const all = growing(["intermediate", "hidden", "heads", "layers"]);
  if (phases === "together") return Object.fromEntries(all.map((axis) => [axis, 0]));
  if (phases !== "sequence") return Object.fromEntries(growing(phases).map((axis, i) => [axis, i]));
  const widths = growing(["intermediate", "hidden", "heads"]);
  return Object.fromEntries(all.map((axis) => [axis, Math.max(0, widths.indexOf(axis))]));
}

function grows({ from, to }: WidthGrowth, axis: PhaseAxis): boolean {
  return to[axis] > from[axis] || (axis === "heads" && to.kvHeads > from.kvHeads);
}

/** Reasons why an order of phases does not fit a growth. */
export function phaseObjections(growth: WidthGrowth, { phases }: Pick<Options, "phases">): Reason[] {
  if (typeof phases === "string") return [];
  const left = (["intermediate", "hidden", "heads", "layers"] as const).filter(
    (axis) => grows(growth, axis) && !phases.includes(axis),
  );
  const twice = phases.filter((axis, i) => phases.indexOf(axis) < i);
  return [
    ...left.map((got) => ({ where: "phases", message: "leave out what grows", got })),
    ...twice.map((got) => ({ where: "phases", message: "name this twice", got })),
  ];
}
