// What config.json has in every family: its spelling, and the dtype of the weights.
import type { DType } from "@cambium/ir";

export type Json = Readonly<Record<string, unknown>>;

export type FloatDType = Extract<DType, "f32" | "f16" | "bf16">;

/** The spelling of transformers 4 (`torch_dtype`, `rope_theta`, `rope_scaling`) or 5 (`dtype`, `rope_parameters`). */
export type HfFlavour = 4 | 5;

export interface HfWriteOptions {
  /** The config.json that the model came from: its unknown keys and its spelling are kept. */
  readonly source?: object;
  /** The dtype of the weights; default: the source's, else f32. */
  readonly dtype?: FloatDType;
  /** Default: the source's, else 5. */
  readonly flavour?: HfFlavour;
}

/** Hugging Face's names of the float dtypes. */
export const hfDTypes: Readonly<Record<FloatDType, string>> = { f32: "float32", f16: "float16", bf16: "bfloat16" };

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function hfFlavour(json: Json): HfFlavour {
  return "rope_parameters" in json || ("dtype" in json && !("torch_dtype" in json)) ? 5 : 4;
}

/** The dtype of the saved weights; undefined if the file does not name one that we know. */
export function hfDType(json: Json): FloatDType | undefined {
  const saved = json.dtype ?? json.torch_dtype;
  return (Object.keys(hfDTypes) as FloatDType[]).find((name) => hfDTypes[name] === saved);
}
