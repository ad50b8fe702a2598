// Hugging Face's config.json of a Llama model, in the spelling of transformers 4 and of transformers 5, in and out.
import { CambiumError, type DType, type Reason } from "@cambium/ir";
import { configReasons, type LlamaConfig } from "./config.js";
import { isObject, type Json, readRope, scalingJson } from "./hf-rope.js";

export type FloatDType = Extract<DType, "f32" | "f16" | "bf16">;

/** 4: `torch_dtype`, `rope_theta`, `rope_scaling`. 5: `dtype`, `rope_parameters`. */
export type HfFlavour = 4 | 5;

export interface HfConfig {
  readonly config: LlamaConfig;
  /** What the weights were saved as, when the file says so and it is a dtype we know. */
  readonly dtype?: FloatDType;
  readonly flavour: HfFlavour;
}

const dtypeNames: Record<FloatDType, string> = { f32: "float32", f16: "float16", bf16: "bfloat16" };

/** Our fields and Hugging Face's keys; rope has rules of its own. */
const keys = {
  vocabSize: "vocab_size",
  hiddenSize: "hidden_size",
  intermediateSize: "intermediate_size",
  layers: "num_hidden_layers",
  heads: "num_attention_heads",
  kvHeads: "num_key_value_heads",
  headDim: "head_dim",
  contextLength: "max_position_embeddings",
  rmsNormEps: "rms_norm_eps",
  tieEmbeddings: "tie_word_embeddings",
  initializerRange: "initializer_range",
  bosTokenId: "bos_token_id",
  eosTokenId: "eos_token_id",
} as const satisfies Partial<Record<keyof LlamaConfig, string>>;

/**
 * Reads a parsed config.json. A key left out has the value that Hugging Face's `LlamaConfig` gives it, but sizes must
 * be there. Keys that do not change what is computed are ignored.
 * @throws CambiumError `E_CONFIG` with every reason why this is no Llama that Cambium can compute.
 */
export function parseHfConfig(json: unknown): HfConfig {
  if (!isObject(json)) {
    throw new CambiumError("E_CONFIG", "config.json does not hold an object", {
      got: JSON.stringify(json) ?? String(json),
    });
  }
  const flavour = flavourOf(json);
  const rope = readRope(json, flavour === 4 ? "rope_scaling" : "rope_parameters");
  const read = (field: keyof typeof keys, fallback?: unknown): unknown => json[keys[field]] ?? fallback;
  const ends = (field: "bosTokenId" | "eosTokenId", fallback: number) => {
    const value = json[keys[field]];
    return value === null ? {} : { [field]: value ?? fallback };
  };
  const heads = read("heads");
  const config = {
    vocabSize: read("vocabSize"),
    hiddenSize: read("hiddenSize"),
    intermediateSize: read("intermediateSize"),
    layers: read("layers"),
    heads,
    kvHeads: read("kvHeads", heads),
    headDim: read("headDim", (read("hiddenSize") as number) / (heads as number)),
    contextLength: read("contextLength", 2048),
    ropeTheta: rope.theta,
    ropeScaling: rope.scaling,
    rmsNormEps: read("rmsNormEps", 1e-6),
    tieEmbeddings: read("tieEmbeddings", false),
    initializerRange: read("initializerRange", 0.02),
    ...ends("bosTokenId", 1),
    ...ends("eosTokenId", 2),
  } as LlamaConfig;
  const labels: Record<keyof LlamaConfig, string> = { ...keys, ropeTheta: rope.thetaKey, ropeScaling: rope.key };
  const derived = (["kvHeads", "headDim"] as const).filter((field) => read(field) === undefined);
  const unsound = configReasons(config, { label: (field) => labels[field], derived });
  const reasons = [...unsupported(json), ...rope.reasons, ...unsound];
  if (reasons.length > 0) {
    throw new CambiumError("E_CONFIG", "config.json does not describe a Llama that Cambium can compute", { reasons });
  }

  const saved = json.dtype ?? json.torch_dtype;
  const dtype = (Object.keys(dtypeNames) as FloatDType[]).find((name) => dtypeNames[name] === saved);
  return { config, flavour, ...(dtype && { dtype }) };
}

export interface ToHfOptions {
  /** The config.json the model came from: its unknown keys and its spelling are kept. */
  readonly source?: object;
  /** What the weights are saved as; default the source's, else f32. */
  readonly dtype?: FloatDType;
  /** Default the source's, else 5. */
  readonly flavour?: HfFlavour;
}

/** The config.json of `config`, ready for `JSON.stringify`. `head_dim` and `num_key_value_heads` are always written. */
export function toHfConfig(config: LlamaConfig, options: ToHfOptions = {}): Record<string, unknown> {
  const source = (options.source ?? {}) as Json;
  const flavour = options.flavour ?? (options.source ? flavourOf(source) : 5);
  const saved = source.dtype ?? source.torch_dtype ?? dtypeNames.f32;
  const dtype = options.dtype ? dtypeNames[options.dtype] : saved;
  const { rope_parameters: _, rope_scaling, rope_theta: _theta, dtype: _dtype, torch_dtype: _torch, ...kept } = source;
  const oldTypeKey = isObject(rope_scaling) && !("rope_type" in rope_scaling);
  const scaling =
    config.ropeScaling && scalingJson(config.ropeScaling, flavour === 4 && oldTypeKey ? "type" : "rope_type");
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_act: "silu",
    attention_bias: false,
    mlp_bias: false,
    ...kept,
    ...Object.fromEntries(
      Object.entries(keys).map(([field, key]) => [key, config[field as keyof typeof keys] ?? null]),
    ),
    ...(flavour === 4
      ? { torch_dtype: dtype, rope_theta: config.ropeTheta, rope_scaling: scaling }
      : { dtype, rope_parameters: { ...(scaling ?? { rope_type: "default" }), rope_theta: config.ropeTheta } }),
  };
}

function flavourOf(json: Json): HfFlavour {
  return "rope_parameters" in json || ("dtype" in json && !("torch_dtype" in json)) ? 5 : 4;
}

/** What the file asks for that would change the numbers and that we do not compute. */
function unsupported(json: Json): Reason[] {
  const reasons: Reason[] = [];
  const only = (where: string, expected: string, fits: (value: unknown) => boolean) => {
    const value = json[where];
    if (value !== undefined && value !== null && !fits(value)) {
      reasons.push({ where, message: "is not supported", expected, got: JSON.stringify(value) });
    }
  };
  const { architectures } = json;
  only("model_type", '"llama"', (value) => value === "llama");
  only("architectures", '["LlamaForCausalLM"]', (value) => Array.isArray(value) && value.includes("LlamaForCausalLM"));
  if (!json.model_type && !architectures) {
    reasons.push({ where: "model_type", message: "is missing", expected: '"llama"' });
  }
  only("hidden_act", '"silu"', (value) => value === "silu" || value === "swish");
  only("attention_bias", "false", (value) => value === false);
  only("mlp_bias", "false", (value) => value === false);
  only("quantization_config", "no quantised weights", () => false);
  return reasons;
}
