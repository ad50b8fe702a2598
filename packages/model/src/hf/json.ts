// What config.json says in every family: how it is spelt, and what the weights are stored as.
import type { DType } from "@cambium/ir";

export type Json = Readonly<Record<string, unknown>>;

export type FloatDType = Extract<DType, "f32" | "f16" | "bf16">;

/** The spelling of transformers 4 (`torch_dtype`, `rope_theta`, `rope_scaling`) or 5 (`dtype`, `rope_parameters`). */
export type HfFlavour = 4 | 5;

export interface HfWriteOptions {
  /** The config.json the model came from: its unknown keys and its spelling are kept. */
  readonly source?: object;
  /** What the weights are saved as; default the source's, else f32. */
  readonly dtype?: FloatDType;
  /** Default the source's, else 5. */
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

/** What the weights were saved as, when the file says so and it is a dtype we know. */
export function hfDType(json: Json): FloatDType | undefined {
  const saved = json.dtype ?? json.torch_dtype;
  return (Object.keys(hfDTypes) as FloatDType[]).find((name) => hfDTypes[name] === saved);
}
