// The Llama family, as Hugging Face's `LlamaForCausalLM` computes it, without biases.
import { version } from "../../../package.json";
import { type DecoderFamily, decoderFamily } from "../decoder/family.js";

/** Llama (Touvron et al. 2023): pre-norm decoder with RMSNorm, rotary attention over grouped heads, gated MLP. */
export const llama: DecoderFamily = decoderFamily({
  name: "llama",
  version,
  summary: "Llama: RMSNorm, rotary attention over grouped heads, gated MLP",
  modelType: "llama",
  architecture: "LlamaForCausalLM",
  biases: false,
  headNorms: false,
  defaults: { contextLength: 2048, bosTokenId: 1, eosTokenId: 2 },
  keys: { hidden_act: "silu", attention_bias: false, mlp_bias: false },
  only: { attention_bias: false, mlp_bias: false },
  window: () => null,
  windowKeys: () => ({}),
});
