// The differences between families of pre-norm decoders.
import type { Json } from "../../hf/json.js";
import type { DecoderConfig } from "./config.js";

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
  /** Transformers' defaults for keys that config.json leaves out. */
  readonly defaults: Partial<DecoderConfig>;
  /** Keys of a new config.json in addition to those of the config. */
  readonly keys: Json;
  /** Keys that, if present, must have this value, because nothing else is computed. */
  readonly only: Json;
  /** The sliding window that config.json sets, tokens; null if attention reads everything before. */
  window(json: Json): number | null;
  /** The keys of a new config.json that set the window. */
  windowKeys(window: number | null): Json;
}

/** The window of files that switch it on by `use_sliding_window`. */
export function switchedWindow({ use_sliding_window: used, sliding_window: window = 4096 }: Json): number | null {
  return used === true && typeof window === "number" ? window : null;
}

/** The keys that `switchedWindow` reads. */
export function switchedWindowKeys(window: number | null): Json {
  return window === null ? { use_sliding_window: false } : { use_sliding_window: true, sliding_window: window };
}
