// The parameters of a model: Hugging Face's names, shapes, and the named axes that growth operators speak of.
import { numel } from "@cambium/ir";
import type { LlamaConfig } from "./config.js";

export type AxisName = "vocab" | "hidden" | "heads" | "kvHeads" | "headDim" | "intermediate" | "layers";

/** One dimension of a parameter. */
export interface ParameterAxis {
  readonly axis: AxisName;
  /** Rows (or columns) of the tensor per index of the axis: `headDim` for `heads` and `kvHeads`, else 1. */
  readonly unit: number;
  /**
   * `out`: the tensor produces features on this axis, `in`: it consumes them. The embedding table consumes `vocab` and
   * produces `hidden`. A norm's weight acts in place and has no role.
   */
  readonly role?: "out" | "in";
}

export interface ParameterSpec {
  /** Name in a Hugging Face checkpoint. */
  readonly name: string;
  readonly shape: readonly number[];
  /** One per dimension of `shape`. */
  readonly axes: readonly ParameterAxis[];
  /** Index of the layer it belongs to; absent outside the layers. */
  readonly layer?: number;
  /** `head` is `lm_head.weight`, absent when tied. */
  readonly kind: "embedding" | "norm" | "linear" | "head";
}

/** Names within one layer, and what each projection consumes and produces. Weights are [out, in]. */
const projections = [
  ["self_attn.q_proj", "heads", "hidden"],
  ["self_attn.k_proj", "kvHeads", "hidden"],
  ["self_attn.v_proj", "kvHeads", "hidden"],
  ["self_attn.o_proj", "hidden", "heads"],
  ["mlp.gate_proj", "intermediate", "hidden"],
  ["mlp.up_proj", "intermediate", "hidden"],
  ["mlp.down_proj", "hidden", "intermediate"],
] as const;

/** The short name of a parameter within its layer, without `.weight`. */
export type LayerParameter = (typeof projections)[number][0] | "input_layernorm" | "post_attention_layernorm";

/** Hugging Face's name of a parameter of layer `layer`. */
export function layerParameterName(layer: number, parameter: LayerParameter): string {
  return `model.layers.${layer}.${parameter}.weight`;
}

/** Names outside the layers. */
export const embeddingName = "model.embed_tokens.weight";
export const finalNormName = "model.norm.weight";
export const headName = "lm_head.weight";

/** Name of the output projection: the embedding table when tied. */
export function outputProjectionName(config: LlamaConfig): string {
  return config.tieEmbeddings ? embeddingName : headName;
}

/** Number of indices of an axis, e.g. `heads` → 32. */
export function axisSize(config: LlamaConfig, axis: AxisName): number {
  const { vocabSize, hiddenSize, intermediateSize, heads, kvHeads, headDim, layers } = config;
  return { vocab: vocabSize, hidden: hiddenSize, intermediate: intermediateSize, heads, kvHeads, headDim, layers }[
    axis
  ];
}

/** Every parameter, in the order of the forward pass: embedding, layers from the bottom, final norm, head. */
export function parameterTable(config: LlamaConfig): readonly ParameterSpec[] {
  const dimension = (axis: AxisName, role?: "out" | "in"): ParameterAxis => ({
    axis,
    unit: axis === "heads" || axis === "kvHeads" ? config.headDim : 1,
    ...(role && { role }),
  });
  const spec = (
    name: string,
    kind: ParameterSpec["kind"],
    axes: readonly ParameterAxis[],
    layer?: number,
  ): ParameterSpec => ({
    name,
    shape: axes.map(({ axis, unit }) => axisSize(config, axis) * unit),
    axes,
    kind,
    ...(layer !== undefined && { layer }),
  });
  const norm = [dimension("hidden")];
  const layer = (i: number): ParameterSpec[] => {
    const weights = projections.map(([name, out, input]) =>
      spec(layerParameterName(i, name), "linear", [dimension(out, "out"), dimension(input, "in")], i),
    );
    return [
      spec(layerParameterName(i, "input_layernorm"), "norm", norm, i),
      ...weights.slice(0, 4),
      spec(layerParameterName(i, "post_attention_layernorm"), "norm", norm, i),
      ...weights.slice(4),
    ];
  };
  return [
    spec(embeddingName, "embedding", [dimension("vocab", "in"), dimension("hidden", "out")]),
    ...Array.from({ length: config.layers }, (_, i) => layer(i)).flat(),
    spec(finalNormName, "norm", norm),
    ...(config.tieEmbeddings ? [] : [spec(headName, "head", [dimension("vocab", "out"), dimension("hidden", "in")])]),
  ];
}

/**
 * Parameters in all, and without the embedding table and the head. A tied table counts once, as embedding.
 */
export function countParameters(config: LlamaConfig): { readonly total: number; readonly nonEmbedding: number } {
  let total = 0;
  let nonEmbedding = 0;
  for (const { shape, kind } of parameterTable(config)) {
    total += numel(shape);
    if (kind !== "embedding" && kind !== "head") nonEmbedding += numel(shape);
  }
  return { total, nonEmbedding };
}
