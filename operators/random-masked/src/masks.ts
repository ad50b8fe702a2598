// Which masks shut what is new, and when each of them opens.
import { type Mask, planTables } from "@cambium/growth";
import type { LlamaConfig, ParameterSpec } from "@cambium/model";
import type { Options } from "./options.js";
import { baseSizes, headOrder, newRanges } from "./sizes.js";

type Place = Omit<Mask, "schedule">;

/** At 0 the target computes what the base does. Norms are masked instead of all that writes to new channels. */
export function growthMasks(base: LlamaConfig, target: LlamaConfig, options: Options): Mask[] {
  const { target: table } = planTables({ base, target });
  const [from, to] = [baseSizes(base), baseSizes(target)];
  const named = (fits: (spec: ParameterSpec) => boolean) => table.filter(fits).map(({ name }) => name);
  const old = (part: string) =>
    named(({ name, layer }) => name.endsWith(`${part}.weight`) && (layer ?? 0) < base.layers);
  const fresh = named(({ name, layer }) => /\.(o|down)_proj\./.test(name) && (layer ?? 0) >= base.layers);
  const beyond = (tensors: readonly string[], axis: "hidden" | "intermediate"): Place[] =>
    to[axis] > from[axis] ? [{ tensors, axis, range: [from[axis], to[axis]] }] : [];
  const phases: Place[][] = [
    beyond(old("down_proj"), "intermediate"),
    beyond(
      named(({ kind }) => kind === "norm"),
      "hidden",
    ),
    newRanges(headOrder(from, to), from.heads).map((range) => ({ tensors: old("o_proj"), axis: "heads", range })),
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
