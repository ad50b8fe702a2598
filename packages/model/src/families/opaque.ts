// A checkpoint of an unknown family: names, shapes and layer numbers of its tensors, without named axes. Operators that
// only place layers can grow it; an operator that needs an axis is refused with the axis's name.
import { CambiumError } from "@cambium/ir";
import { defineFamily, type ModelSpec } from "../family.js";
import type { ParameterSpec } from "../parameters.js";
import { streamWriters } from "./stream-writers.js";

export interface OpaqueTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface OpaqueConfig {
  /** In the checkpoint's order. */
  readonly tensors: readonly OpaqueTensor[];
  /** The part of a tensor's name before the layer number, e.g. `model.layers.`. */
  readonly prefix: string;
  readonly layers: number;
}

/** The family of models that are known only by their tensors. */
export const opaque = defineFamily<OpaqueConfig, OpaqueConfig>({
  name: "opaque",
  version: "1.0.0",
  summary: "a checkpoint known by the names and shapes of its tensors: grown in depth, not computed",
  hf: { modelTypes: [], architectures: [], parse: notComputed, write: notComputed },
  config: (given) => {
    const { tensors, prefix, layers } = given;
    if (Array.isArray(tensors) && typeof prefix === "string" && Number.isInteger(layers)) return given;
    const expected = "tensors, prefix and layers, as a checkpoint's growth.json has them";
    throw new CambiumError("E_CONFIG", "this does not describe an opaque model", { expected });
  },
  parameters,
  sizes: {
    read: ({ layers }) => ({ layers }),
    grown: (config, sizes) => deepened(config, range(sizes.layers ?? config.layers)),
    deepened,
  },
  contextLength: () => Number.POSITIVE_INFINITY,
  endTokens: () => [],
  std: notComputed,
});

/** A checkpoint's tensors as a model of the opaque family. */
export function opaqueModel(config: OpaqueConfig): ModelSpec<OpaqueConfig> {
  return { family: opaque, config };
}

/** In this order: embeddings (recognised by name), layers from the bottom, everything else. */
function parameters({ tensors, prefix }: OpaqueConfig): readonly ParameterSpec[] {
  const specs = tensors.map(({ name, shape }): ParameterSpec => {
    const { layer, part } = placeOf(name, prefix) ?? {};
    const embeds = layer === undefined && name.includes("embed");
    return {
      name,
      shape,
      axes: [],
      kind: embeds ? "embedding" : "other",
      ...(layer !== undefined && part !== undefined && { layer, part }),
    };
  });
  const writers = streamWriters(specs);
  const marked = specs.map((spec) => (writers.has(spec.name) ? { ...spec, writes: "stream" as const } : spec));
  const place = ({ kind, layer }: ParameterSpec) => layer ?? (kind === "embedding" ? -1 : Number.POSITIVE_INFINITY);
  return marked
    .map((spec, i) => ({ spec, i }))
    .sort(inOrder(place))
    .map(({ spec }) => spec);
}

function inOrder(place: (spec: ParameterSpec) => number) {
  return (a: { spec: ParameterSpec; i: number }, b: { spec: ParameterSpec; i: number }): number => {
    const [first, second] = [place(a.spec), place(b.spec)];
    return first === second ? a.i - b.i : first < second ? -1 : 1;
  };
}

/** Layer t has the tensors of layer `from[t]`, renamed. */
function deepened({ tensors, prefix }: OpaqueConfig, from: readonly number[]): OpaqueConfig {
  const outside = tensors.filter(({ name }) => !placeOf(name, prefix));
  const byLayer = new Map<number, { part: string; shape: readonly number[] }[]>();
  for (const { name, shape } of tensors) {
    const place = placeOf(name, prefix);
    if (place) byLayer.set(place.layer, [...(byLayer.get(place.layer) ?? []), { part: place.part, shape }]);
  }
  const inside = from.flatMap((source, layer) =>
    (byLayer.get(source) ?? []).map(({ part, shape }) => ({ name: `${prefix}${layer}.${part}`, shape })),
  );
  return { tensors: [...outside, ...inside], prefix, layers: from.length };
}

function placeOf(name: string, prefix: string): { readonly layer: number; readonly part: string } | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const { layer, part } = /^(?<layer>\d+)\.(?<part>.+)$/.exec(name.slice(prefix.length))?.groups ?? {};
  return layer === undefined || part === undefined ? undefined : { layer: Number(layer), part };
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function notComputed(): never {
  throw new CambiumError("E_FAMILY", "a model known only by its tensors can be grown in depth, and nothing else", {
    hint: "install a package cambium-family-… that computes it",
  });
}
