// Makes a family of pre-norm decoders with RMSNorm, rotary attention and a gated MLP from its differences to Llama.
import { defineFamily, type Family, type InitScheme } from "../../family.js";
import type { ParameterSpec } from "../../parameters.js";
import { type DecoderConfig, type DecoderInput, decoderConfig } from "./config.js";
import { decoderForward } from "./forward.js";
import { parseDecoder, writeDecoder } from "./hf-config.js";
import { decoderParameters } from "./parameters.js";
import type { DecoderVariant } from "./variant.js";

export type DecoderFamily = Family<DecoderConfig, DecoderInput>;

/** The family of a variant. */
export function decoderFamily(variant: DecoderVariant): DecoderFamily {
  const { name, version, summary, modelType, architecture } = variant;
  return defineFamily<DecoderConfig, DecoderInput>({
    name,
    version,
    summary,
    hf: {
      modelTypes: [modelType],
      architectures: [architecture],
      parse: (json) => parseDecoder(variant, json),
      write: (config, options) => writeDecoder(variant, config, options),
    },
    config: decoderConfig,
    parameters: (config) => decoderParameters(variant, config),
    sizes: {
      read: ({ vocab, hidden, heads, kvHeads, headDim, intermediate, layers }) => {
        return { vocab, hidden, heads, kvHeads, headDim, intermediate, layers };
      },
      grown: (config, sizes) => ({ ...config, ...sizes }) as DecoderConfig,
      deepened: (config, from) => ({ ...config, layers: from.length }),
    },
    contextLength: ({ contextLength, slidingWindow }) => Math.min(contextLength, slidingWindow ?? contextLength),
    endTokens: ({ eosTokenId }) => [eosTokenId ?? []].flat(),
    forward: (config, pass) => decoderForward(variant, config, pass),
    std: decoderStd,
    eps: {
      read: ({ rmsNormEps }) => rmsNormEps,
      changed: (config, rmsNormEps) => ({ ...config, rmsNormEps }),
    },
  });
}

/**
 * `hf`: initializerRange for every matrix. `paper`: as in the code published with the paper, √(2 / (5·fanIn)), and
 * 1 / (√fanIn · layers) for the MLP's output projection; fanIn is the last dimension.
 */
function decoderStd(config: DecoderConfig, { shape, part }: ParameterSpec, scheme: InitScheme): number {
  if (scheme === "hf") return config.initializerRange;
  const fanIn = shape.at(-1) as number;
  return part === "mlp.down_proj.weight" ? 1 / (Math.sqrt(fanIn) * config.layers) : Math.sqrt(2 / (5 * fanIn));
}
