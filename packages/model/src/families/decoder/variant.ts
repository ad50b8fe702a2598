// A family of pre-norm decoders with RMSNorm, rotary attention and a gated MLP, from what sets it apart from Llama.
import { defineFamily, type Family } from "../../family.js";
import type { Json } from "../../hf/json.js";
import type { InitScheme } from "../../init.js";
import type { ParameterSpec } from "../../parameters.js";
import { type DecoderConfig, type DecoderInput, decoderConfig } from "./config.js";
import { decoderForward } from "./forward.js";
import { parseDecoder, writeDecoder } from "./hf-config.js";
import { decoderParameters } from "./parameters.js";

export type DecoderFamily = Family<DecoderConfig, DecoderInput>;

export interface DecoderVariant {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  /** `model_type` in config.json. */
  readonly modelType: string;
  /** The class in transformers. */
  readonly architecture: string;
  /** Whether queries, keys and values have biases. */
  readonly biases: boolean;
  /** Whether queries and keys are normed within each head before rotation. */
  readonly headNorms: boolean;
  /** What transformers takes for keys that config.json leaves out. */
  readonly defaults: Partial<DecoderConfig>;
  /** Keys that a new config.json has besides those of the config. */
  readonly keys: Json;
  /** Keys whose value must be this one if they are there, because nothing else is computed. */
  readonly only: Json;
  /** The sliding window that config.json sets, tokens; null where attention reads everything before it. */
  window(json: Json): number | null;
  /** The keys of a new config.json that set it. */
  windowKeys(window: number | null): Json;
}

/** The window of files that switch it by `use_sliding_window`. */
export function switchedWindow({ use_sliding_window: used, sliding_window: window = 4096 }: Json): number | null {
  return used === true && typeof window === "number" ? window : null;
}

/** What `switchedWindow` reads back. */
export function switchedWindowKeys(window: number | null): Json {
  return window === null ? { use_sliding_window: false } : { use_sliding_window: true, sliding_window: window };
}

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
 * `hf`: initializerRange for every matrix. `paper`: as the code published with the paper, √(2 / (5·fanIn)), and
 * 1 / (√fanIn · layers) for the MLP's output projection; fanIn is the last dimension.
 */
function decoderStd(config: DecoderConfig, { shape, part }: ParameterSpec, scheme: InitScheme): number {
  if (scheme === "hf") return config.initializerRange;
  const fanIn = shape.at(-1) as number;
  return part === "mlp.down_proj.weight" ? 1 / (Math.sqrt(fanIn) * config.layers) : Math.sqrt(2 / (5 * fanIn));
}
