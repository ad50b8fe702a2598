// Reads and writes Hugging Face's config.json of Llama-like decoders, in the spelling of transformers 4 and 5.
import { CambiumError, type Reason } from "@cambium/ir";
import { type HfWriteOptions, hfDTypes, hfFlavour, isObject, type Json } from "../../hf/json.js";
import { configReasons, type DecoderConfig } from "./config.js";
import { readRope, scalingJson } from "./hf-rope.js";
import type { DecoderVariant } from "./variant.js";

/** Hugging Face's keys by our fields; rope is read and written separately. */
const keys = {
  vocab: "vocab_size",
  hidden: "hidden_size",
  intermediate: "intermediate_size",
  layers: "num_hidden_layers",
  heads: "num_attention_heads",
  kvHeads: "num_key_value_heads",
  headDim: "head_dim",
  contextLength: "max_position_embeddings",
  rmsNormEps: "rms_norm_eps",
  tied: "tie_word_embeddings",
  initializerRange: "initializer_range",
  bosTokenId: "bos_token_id",
  eosTokenId: "eos_token_id",
} as const satisfies Partial<Record<keyof DecoderConfig, string>>;

/**
 * Reads a parsed config.json. A missing key gets the default of Hugging Face's class; sizes have no defaults. Keys that
 * do not change the computation are ignored.
 * @throws CambiumError `E_CONFIG` with every reason why this is not a model that Cambium can compute.
 */
export function parseDecoder(variant: DecoderVariant, json: Json): DecoderConfig {
  const { defaults } = variant;
  const rope = readRope(json, hfFlavour(json) === 4 ? "rope_scaling" : "rope_parameters");
  const read = (field: keyof typeof keys, fallback?: unknown): unknown => json[keys[field]] ?? fallback;
  const ends = (field: "bosTokenId" | "eosTokenId") => {
    const value = json[keys[field]] === undefined ? defaults[field] : json[keys[field]];
    return value === null || value === undefined ? {} : { [field]: value };
  };
  const heads = read("heads");
  const window = variant.window(json);
  const config = {
    vocab: read("vocab"),
    hidden: read("hidden"),
    intermediate: read("intermediate"),
    layers: read("layers"),
    heads,
    kvHeads: read("kvHeads", defaults.kvHeads ?? heads),
    headDim: read("headDim", defaults.headDim ?? numberOf(read("hidden")) / numberOf(heads)),
    contextLength: read("contextLength", defaults.contextLength),
    ...(window !== null && { slidingWindow: window }),
    ropeTheta: rope.theta,
    ropeScaling: rope.scaling,
    rmsNormEps: read("rmsNormEps", 1e-6),
    tied: read("tied", false),
    initializerRange: read("initializerRange", 0.02),
    ...ends("bosTokenId"),
    ...ends("eosTokenId"),
  } as DecoderConfig;
  const labels: Record<keyof DecoderConfig, string> = {
    ...keys,
    slidingWindow: "sliding_window",
    ropeTheta: rope.thetaKey,
    ropeScaling: rope.key,
  };
  const derived = (["kvHeads", "headDim"] as const).filter((field) => read(field) === undefined);
  const unsound = configReasons(config, { label: (field) => labels[field], derived });
  const reasons = [...unsupported(variant, json), ...rope.reasons, ...unsound];
  if (reasons.length === 0) return config;
  const message = `config.json does not describe a model of the family ${variant.name} that Cambium can compute`;
  throw new CambiumError("E_CONFIG", message, { reasons });
}

/** NaN for anything but a number. Objects from JSON must not be divided: a `toString` that is not a function throws. */
function numberOf(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}

/** The config.json of `config`, ready for `JSON.stringify`. `head_dim` and `num_key_value_heads` are always written. */
export function writeDecoder(
  variant: DecoderVariant,
  config: DecoderConfig,
  options: HfWriteOptions = {},
): Record<string, unknown> {
  const source = (options.source ?? {}) as Json;
  const flavour = options.flavour ?? (options.source ? hfFlavour(source) : 5);
  const saved = source.dtype ?? source.torch_dtype ?? hfDTypes.f32;
  const dtype = options.dtype ? hfDTypes[options.dtype] : saved;
  const { rope_parameters: _, rope_scaling, rope_theta: _theta, dtype: _dtype, torch_dtype: _torch, ...kept } = source;
  const oldTypeKey = isObject(rope_scaling) && !("rope_type" in rope_scaling);
  const scaling =
    config.ropeScaling && scalingJson(config.ropeScaling, flavour === 4 && oldTypeKey ? "type" : "rope_type");
  return {
    architectures: [variant.architecture],
    model_type: variant.modelType,
    ...variant.keys,
    ...variant.windowKeys(config.slidingWindow ?? null),
    ...kept,
    ...("layer_types" in source && { layer_types: layerTypes(source, config) }),
    ...Object.fromEntries(
      Object.entries(keys).map(([field, key]) => [key, config[field as keyof typeof keys] ?? null]),
    ),
    ...(flavour === 4
      ? { torch_dtype: dtype, rope_theta: config.ropeTheta, rope_scaling: scaling }
      : { dtype, rope_parameters: { ...(scaling ?? { rope_type: "default" }), rope_theta: config.ropeTheta } }),
  };
}

/**
 * The types that the source states, as long as they are one for each layer. Otherwise as transformers derives them: the
 * window applies to layers from `max_window_layers` on.
 */
function layerTypes({ layer_types: stated, max_window_layers: first = 0 }: Json, config: DecoderConfig): unknown {
  const { layers, slidingWindow } = config;
  if (!Array.isArray(stated) || stated.length === layers) return stated;
  return Array.from({ length: layers }, (_, i) =>
    slidingWindow !== undefined && i >= (first as number) ? "sliding_attention" : "full_attention",
  );
}

/** Reasons for every key of the file that would change the numbers and that Cambium does not compute. */
function unsupported({ modelType, architecture, only }: DecoderVariant, json: Json): Reason[] {
  const reasons: Reason[] = [];
  const want = (where: string, expected: string, fits: (value: unknown) => boolean) => {
    const value = json[where];
    if (value !== undefined && value !== null && !fits(value)) {
      reasons.push({ where, message: "is not supported", expected, got: JSON.stringify(value) });
    }
  };
  const { architectures } = json;
  want("model_type", `"${modelType}"`, (value) => value === modelType);
  want("architectures", `["${architecture}"]`, (value) => Array.isArray(value) && value.includes(architecture));
  if (!json.model_type && !architectures) {
    reasons.push({ where: "model_type", message: "is missing", expected: `"${modelType}"` });
  }
  want("hidden_act", '"silu"', (value) => value === "silu" || value === "swish");
  for (const [key, value] of Object.entries(only)) want(key, JSON.stringify(value), (got) => got === value);
  want("quantization_config", "no quantised weights", () => false);
  return reasons;
}
