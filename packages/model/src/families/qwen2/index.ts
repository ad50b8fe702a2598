// The Qwen2 family, as Hugging Face's `Qwen2ForCausalLM` computes it.
import { version } from "../../../package.json";
import { type DecoderFamily, decoderFamily } from "../decoder/family.js";
import { switchedWindow, switchedWindowKeys } from "../decoder/variant.js";

/** Qwen2 and Qwen2.5 (Yang et al. 2024): Llama with biases on queries, keys and values. */
export const qwen2: DecoderFamily = decoderFamily({
  name: "qwen2",
  version,
  summary: "Qwen2 and Qwen2.5: Llama with biases on queries, keys and values",
  modelType: "qwen2",
  architecture: "Qwen2ForCausalLM",
  biases: true,
  headNorms: false,
  defaults: { contextLength: 32_768, kvHeads: 32 },
  keys: { hidden_act: "silu" },
  only: {},
  window: switchedWindow,
  windowKeys: switchedWindowKeys,
});
