// The parameter table of Llama-like decoders, with Hugging Face's names.
import type { ParameterAxis, ParameterSpec, UsualAxis } from "../../parameters.js";
import type { DecoderConfig } from "./config.js";
import type { DecoderVariant } from "./variant.js";

/** Hugging Face's names of the parameters outside the layers, and of a layer's module. */
export const names = {
  embedding: "model.embed_tokens.weight",
  finalNorm: "model.norm.weight",
  head: "lm_head.weight",
  layer: (index: number) => `model.layers.${index}`,
} as const;

/** Projections within one layer: name, out axis, in axis. Weights are [out, in]. */
const attention = [
  ["self_attn.q_proj", "heads", "hidden"],
  ["self_attn.k_proj", "kvHeads", "hidden"],
  ["self_attn.v_proj", "kvHeads", "hidden"],
  ["self_attn.o_proj", "hidden", "heads"],
] as const;
const gate = "mlp.gate_proj";
const mlp = [
  [gate, "intermediate", "hidden"],
  ["mlp.up_proj", "intermediate", "hidden"],
  ["mlp.down_proj", "hidden", "intermediate"],
] as const;

/** Every parameter, in the order of the forward pass: embedding, layers from the bottom, last norm, head. */
export function decoderParameters(
  { biases, headNorms }: Pick<DecoderVariant, "biases" | "headNorms">,
  config: DecoderConfig,
): readonly ParameterSpec[] {
  const { vocab, hidden, intermediate, heads, kvHeads, headDim, layers } = config;
  const sizes = { vocab, hidden, intermediate, heads, kvHeads, headDim, layers };
  const dimension = (axis: UsualAxis, role?: "out" | "in"): ParameterAxis => ({
    axis,
    unit: axis === "heads" || axis === "kvHeads" ? headDim : 1,
    ...(role && { role }),
  });
  const spec = (
    name: string,
    axes: readonly ParameterAxis[],
    rest: Omit<ParameterSpec, "name" | "axes" | "shape">,
  ) => ({
    name,
    shape: axes.map(({ axis, unit }) => (sizes[axis as UsualAxis] as number) * unit),
    axes,
    ...rest,
  });
  const layer = (index: number): ParameterSpec[] => {
    const within = (
      part: string,
      axes: readonly ParameterAxis[],
      rest: Omit<ParameterSpec, "name" | "axes" | "shape" | "layer" | "part">,
    ) => spec(`${names.layer(index)}.${part}`, axes, { layer: index, part, ...rest });
    const norm = (part: string, axis: UsualAxis) =>
      within(`${part}.weight`, [dimension(axis)], { kind: "norm", neutral: 1 });
    const weights = (list: typeof attention | typeof mlp, biased: boolean) =>
      list.flatMap(([part, out, input]) => {
        const marks = {
          module: part,
          ...(out === "hidden" && ({ writes: "stream" } as const)),
          ...(part === gate && ({ activation: "silu" } as const)),
        };
        const weight = within(`${part}.weight`, [dimension(out, "out"), dimension(input, "in")], {
          kind: "linear",
          ...marks,
        });
        if (!biased || out === "hidden") return [weight];
        return [weight, within(`${part}.bias`, [dimension(out, "out")], { kind: "bias", neutral: 0, module: part })];
      });
    return [
      norm("input_layernorm", "hidden"),
      ...weights(attention, biases),
      ...(headNorms ? [norm("self_attn.q_norm", "headDim"), norm("self_attn.k_norm", "headDim")] : []),
      norm("post_attention_layernorm", "hidden"),
      ...weights(mlp, false),
    ];
  };
  const tied = config.tied ? { alias: names.head } : {};
  return [
    spec(names.embedding, [dimension("vocab", "in"), dimension("hidden", "out")], {
      kind: "embedding",
      writes: "stream",
      ...tied,
    }),
    ...Array.from({ length: layers }, (_, index) => layer(index)).flat(),
    spec(names.finalNorm, [dimension("hidden")], { kind: "norm", neutral: 1, feeds: "head" }),
    ...(config.tied
      ? []
      : [spec(names.head, [dimension("vocab", "out"), dimension("hidden", "in")], { kind: "head" })]),
  ];
}
