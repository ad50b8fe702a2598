// Where masks stand that shut the new parts of a growth which keeps the base's entries in place (`placement`).
import { type Mask, type ModelSpec, type ParameterSpec, parameterTable } from "@cambium/model";
import { headOrder, newRanges } from "./heads.js";
import type { WidthGrowth } from "./width.js";

/** Axes that masks open along; `heads` includes new key/value heads. */
export const maskedAxes = ["intermediate", "hidden", "heads", "layers"] as const;
export type MaskedAxis = (typeof maskedAxes)[number];

/** A mask without its schedule. */
type MaskPlace = Omit<Mask, "schedule">;

/** How new layers are shut: `block` mixes a layer with the identity, `sublayer` scales what attention and MLP add. */
export type NewLayerForm = "block" | "sublayer";

/** Whether the growth adds anything along that axis. */
export function growsAlong({ from, to }: WidthGrowth, axis: MaskedAxis): boolean {
  return to[axis] > from[axis] || (axis === "heads" && to.kvHeads > from.kvHeads);
}

/**
 * Places of masks by axis. While all are 0 the target computes what the base does. For channels norms are masked rather
 * than everything that writes to the new ones.
 */
export function newParts(
  growth: WidthGrowth & { readonly target: ModelSpec },
  form: NewLayerForm,
): Readonly<Record<MaskedAxis, readonly MaskPlace[]>> {
  const { from, to, target } = growth;
  const named = (fits: (spec: ParameterSpec) => boolean) =>
    parameterTable(target).flatMap((spec) => (fits(spec) ? [spec.name] : []));
  const has = ({ axes }: ParameterSpec, along: string) => axes.some(({ axis }) => axis === along);
  const isOld = ({ layer = -1 }: ParameterSpec) => layer < from.layers;
  const writes = (spec: ParameterSpec) => spec.layer !== undefined && spec.writes === "stream";
  const oldWriters = (axis: string) => named((spec) => writes(spec) && isOld(spec) && has(spec, axis));
  const beyond = (tensors: readonly string[], axis: "hidden" | "intermediate"): MaskPlace[] =>
    growsAlong(growth, axis) ? [{ tensors, axis, range: [from[axis], to[axis]] }] : [];
  const newLayers: MaskPlace =
    form === "block"
      ? { tensors: [], axis: "layers", range: [from.layers, to.layers] }
      : { tensors: named((spec) => writes(spec) && !isOld(spec)), axis: "hidden", range: [0, to.hidden] };
  const newHeads = newRanges(headOrder(from, to), from.heads);
  return {
    intermediate: beyond(oldWriters("intermediate"), "intermediate"),
    hidden: beyond(
      named((spec) => spec.kind === "norm" && has(spec, "hidden")),
      "hidden",
    ),
    heads: newHeads.map((range) => ({ tensors: oldWriters("heads"), axis: "heads", range })),
    layers: growsAlong(growth, "layers") ? [newLayers] : [],
  };
}
