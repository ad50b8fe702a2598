// The Mistral family, as Hugging Face's `MistralForCausalLM` computes it.
import { version } from "../../../package.json";
import { type DecoderFamily, decoderFamily } from "../decoder/family.js";

/**
 * Mistral (Jiang et al. 2023): Llama whose attention may be limited to a sliding window. The window is not implemented:
 * in sequences up to its length attention reads everything anyway, and longer ones are refused.
 */
export const mistral: DecoderFamily = decoderFamily({
  name: "mistral",
  version,
  summary: "Mistral: Llama with a sliding window, computed up to the window's length",
  modelType: "mistral",
  architecture: "MistralForCausalLM",
  biases: false,
  headNorms: false,
  defaults: { contextLength: 131_072, kvHeads: 8, bosTokenId: 1, eosTokenId: 2 },
  keys: { hidden_act: "silu" },
  only: {},
  // A file without the key has the default of transformers' class.
  windowKeys: (window) => ({ sliding_window: window }),
  window: ({ sliding_window: window = 4096 }) => (typeof window === "number" ? window : null),
});
