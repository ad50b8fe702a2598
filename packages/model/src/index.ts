// Model families as values: the contract, the built-in families, and graphs of any family.
export * from "./blocks/blocks.js";
export { builtInFamilies, builtInFamily } from "./families/built-in.js";
export type { DecoderConfig, DecoderInput, RopeScaling } from "./families/decoder/config.js";
export { type DecoderFamily, decoderFamily } from "./families/decoder/family.js";
export { inverseFrequencies } from "./families/decoder/frequencies.js";
export type { DecoderVariant } from "./families/decoder/variant.js";
export { llama } from "./families/llama/index.js";
export { mistral } from "./families/mistral/index.js";
export { type OpaqueConfig, type OpaqueTensor, opaque, opaqueModel } from "./families/opaque.js";
export { qwen2 } from "./families/qwen2/index.js";
export { qwen3 } from "./families/qwen3/index.js";
export * from "./family.js";
export { cacheNames, cacheShapes, type DecodeSize, decodeGraph } from "./graphs/decode.js";
export {
  type Distillation,
  distillationGraph,
  distillationReasons,
  distilledLossName,
  teacherName,
} from "./graphs/distill.js";
export { maskValuesName } from "./graphs/masked-weights.js";
export type { Attention, Hidden, Pass, Rotary, Weights } from "./graphs/pass.js";
export { type ScoreSize, scoreGraph } from "./graphs/score.js";
export { logitsGraph, lossGraph, type SequenceSize } from "./graphs/sequence.js";
export { type FloatDType, type HfFlavour, type HfWriteOptions, hfDType, hfFlavour, type Json } from "./hf/json.js";
export { hfFamily, readHfModel, writeHfModel } from "./hf/model.js";
export { type InitOptions, initialParameters, initParameters } from "./init.js";
export { limitReasons, mostLayers } from "./limits.js";
export { type Mask, type MaskSchedule, maskValue, opensAfter } from "./masks.js";
export * from "./model-spec.js";
export { groupRate, type ParameterGroup } from "./parameter-group.js";
export * from "./parameters.js";
export { type Phase, phaseParts, phaseReasons, plainPhase } from "./phase.js";
export { ropeTables } from "./rope-tables.js";
export { submodel } from "./submodel.js";
export { drawnDepth, type Submodels } from "./submodels.js";
export { strangeTensors, type TensorShape, unfitF32Tensors, unfitTensors } from "./table-reasons.js";
export { type DeviceTrainingState, type LossScale, stateNames, type TrainingState } from "./training-state.js";
