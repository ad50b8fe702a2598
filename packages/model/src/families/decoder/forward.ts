// The forward pass of Llama-like decoders: layers of norm, attention, norm, gated MLP.
import { add, gather } from "@cambium/ir";
import { gatedMlp, mixedLayer, selfAttention, streamNorm } from "../../blocks/blocks.js";
import type { Hidden, Pass } from "../../graphs/pass.js";
import type { DecoderConfig } from "./config.js";
import { inverseFrequencies } from "./frequencies.js";
import { names } from "./parameters.js";
import type { DecoderVariant } from "./variant.js";

export function decoderForward(
  { biases, headNorms }: Pick<DecoderVariant, "biases" | "headNorms">,
  config: DecoderConfig,
  pass: Pass,
): Hidden {
  const { weights, ids } = pass;
  const { builder } = ids;
  const { heads, kvHeads, rmsNormEps: eps } = config;
  const rotary = pass.rotary(inverseFrequencies(config));
  let stream = builder.scope("embedding", () => gather(weights.parameter(names.embedding), ids));
  for (let layer = 0; layer < config.layers; layer++) {
    const input = stream;
    const module = names.layer(layer);
    const attended = builder.scope(`layers.${layer}.attention`, () => {
      const x = streamNorm(weights, input, `${module}.input_layernorm.weight`, eps);
      const headNormEps = headNorms ? eps : null;
      const block = { name: `${module}.self_attn`, biases, headNormEps, layer, heads, kvHeads, rotary };
      return add(input, selfAttention(pass, x, block));
    });
    stream = builder.scope(`layers.${layer}.mlp`, () => {
      const x = streamNorm(weights, attended, `${module}.post_attention_layernorm.weight`, eps);
      return mixedLayer(weights, layer, input, add(attended, gatedMlp(weights, x, `${module}.mlp`)));
    });
  }
  const hidden = builder.scope("head", () => streamNorm(weights, stream, names.finalNorm, eps));
  return { hidden, projection: weights.parameter(config.tied ? names.embedding : names.head) };
}
