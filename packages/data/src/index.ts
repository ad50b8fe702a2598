// Tokenizers and deterministic batches, in Node and in browsers. `@cambium/data/node` has corpora and token files.
export { type EvaluationBatches, type EvaluationRequest, evaluationBatches } from "./batches/evaluation.js";
export { type BatchRequest, batchAt, locate, type StreamPlace, tokensPerEpoch } from "./batches/stream.js";
export { loadTokenizer, openSource } from "./by-path.js";
export { type CorpusOptions, corpusSpec, type SourceSpec } from "./corpus-spec.js";
export { type TextFormat, textFormats } from "./text-formats.js";
export { type BytesOptions, bytesTokenizer } from "./tokenizer/bytes.js";
export { encodeAs, ofText } from "./tokenizer/encode-as.js";
export { huggingFaceTokenizer } from "./tokenizer/hugging-face.js";
export { type OpenRustTokenizer, RustFailure, type RustTokenizer } from "./tokenizer/rust.js";
export type { Tokenizer } from "./tokenizer/tokenizer.js";
export type { SpecialTokens, TokenizerFiles } from "./tokenizer/tokenizer-files.js";
export type { TextFile } from "./tokenizer/tokenizer-json.js";
export { withinVocabulary } from "./tokenizer/within-vocabulary.js";
export { type TokenReader, tokensInMemory } from "./tokens.js";
