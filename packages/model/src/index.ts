// The Llama family: configuration, parameter table, initialisation, loss and logits graphs, generation.
export { type LlamaConfig, type LlamaConfigInput, llamaConfig, type RopeScaling } from "./config.js";
export { type Generation, generate, TextGenerator } from "./generate/generator.js";
export type { GenerateOptions } from "./generate/options.js";
export { type Sampling, sampleToken } from "./generate/sampling.js";
export { cacheNames, type DecodeSize, decodeGraph } from "./graphs/decode.js";
export { maskValuesName } from "./graphs/masked-weights.js";
export { logitsGraph, lossGraph, type SequenceSize } from "./graphs/sequence.js";
export {
  type FloatDType,
  type HfConfig,
  type HfFlavour,
  parseHfConfig,
  type ToHfOptions,
  toHfConfig,
} from "./hf-config.js";
export { type InitOptions, type InitScheme, initialStd, initParameter, initParameters } from "./init.js";
export { type Mask, type MaskSchedule, maskValue, opensAfter } from "./masks.js";
export * from "./parameters.js";
export { type Phase, phaseParts, phaseReasons, plainPhase } from "./phase.js";
export { inverseFrequencies, ropeTables } from "./rope-tables.js";
export { type DeviceTrainingState, type LossScale, stateNames, type TrainingState } from "./training-state.js";
