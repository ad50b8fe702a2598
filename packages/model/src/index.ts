// The Llama family: configuration, parameter table, initialisation, loss and logits graphs, generation.
export { type LlamaConfig, type LlamaConfigInput, type RopeScaling, llamaConfig } from "./config.js";
export { type Generation, TextGenerator, generate } from "./generate/generator.js";
export type { GenerateOptions } from "./generate/options.js";
export { type Sampling, sampleToken } from "./generate/sampling.js";
export { type DecodeSize, cacheNames, decodeGraph } from "./graphs/decode.js";
export { type SequenceSize, logitsGraph, lossGraph } from "./graphs/sequence.js";
export {
  type FloatDType,
  type HfConfig,
  type HfFlavour,
  type ToHfOptions,
  parseHfConfig,
  toHfConfig,
} from "./hf-config.js";
export { type InitOptions, type InitScheme, initParameter, initParameters, initialStd } from "./init.js";
export * from "./parameters.js";
export { inverseFrequencies, ropeTables } from "./rope-tables.js";
