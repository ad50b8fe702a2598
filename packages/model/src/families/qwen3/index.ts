// The Qwen3 family, dense models, as Hugging Face's `Qwen3ForCausalLM` computes it.
import { version } from "../../../package.json";
import { type DecoderFamily, decoderFamily } from "../decoder/family.js";
import { switchedWindow, switchedWindowKeys } from "../decoder/variant.js";

/** Qwen3 (Yang et al. 2025): Llama with an RMSNorm in each head of queries and keys, before rotation. */
export const qwen3: DecoderFamily = decoderFamily({
  name: "qwen3",
  version,
  summary: "Qwen3: Llama with queries and keys normed within each head",
  modelType: "qwen3",
  architecture: "Qwen3ForCausalLM",
  biases: false,
  headNorms: true,
  defaults: { contextLength: 32_768, kvHeads: 32, headDim: 128 },
  keys: { hidden_act: "silu", attention_bias: false },
  only: { attention_bias: false },
  window: switchedWindow,
  windowKeys: switchedWindowKeys,
});
