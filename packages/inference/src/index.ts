// Inference with a trained model: generation, log-likelihoods, mean loss, depth in use.
export { type DepthProfile, type DepthText, depthProfile } from "./depth.js";
export { type Encoded, encodeContinuation, encodeRolling } from "./encode.js";
export { type Generation, generate, TextGenerator } from "./generate/generator.js";
export { NewText } from "./generate/new-text.js";
export type { GenerateOptions } from "./generate/options.js";
export { type Sampling, sampleToken } from "./generate/sampling.js";
export { meanLoss } from "./mean-loss.js";
export { type Score, type ScoreOptions, Scorer, type ScorerOptions, type TokenLikelihood } from "./scorer.js";
export { type DeviceWeights, deviceWeights, type Weights } from "./weights.js";
export { pythonWhiteSpace, strip, stripEnd, stripStart } from "./white-space.js";
