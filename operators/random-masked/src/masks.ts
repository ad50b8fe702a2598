// Which masks shut what is new, and when each of them opens.
import { headOrder, type Mask, newRanges, planTables, type WidthGrowth } from "@cambium/growth";
import type { ModelSpec, ParameterSpec } from "@cambium/model";
import type { Options } from "./options.js";

type Place = Omit<Mask, "schedule">;

/** At 0 the target computes what the base does. Norms are masked instead of all that writes to new channels. */
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
  const phases: Place[][] = [
    beyond(old("intermediate"), "intermediate"),
    beyond(
      named((spec) => spec.kind === "norm" && has(spec, "hidden")),
      "hidden",
    ),
    newRanges(headOrder(from, to), from.heads).map((range) => ({ tensors: old("heads"), axis: "heads", range })),
  ];
  const layers: Place[] =
    options.form === "block"
      ? [{ tensors: [], axis: "layers", range: [from.layers, to.layers] }]
      : [{ tensors: fresh, axis: "hidden", range: [0, to.hidden] }];
  const opening = (places: readonly Place[], phase: number): Mask[] => {
    const start = options.phases === "together" ? 0 : phase * options.maskTokens;
    return places.map((place) => ({ ...place, schedule: { kind: "linear", start, tokens: options.maskTokens } }));
  };
  return [
    ...phases.filter((places) => places.length > 0).flatMap(opening),
    ...(to.layers > from.layers ? opening(layers, 0) : []),
  ];
}
