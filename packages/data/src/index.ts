// Corpora, tokenizers, token files and deterministic batches.
export { type EvaluationBatches, type EvaluationRequest, evaluationBatches } from "./batches/evaluation.js";
export { type BatchRequest, batchAt, locate, type StreamPlace, tokensPerEpoch } from "./batches/stream.js";
export type { Progress } from "./prepare/pacer.js";
export { type PreparedData, type PrepareOptions, prepareData, type SideStats } from "./prepare/prepare.js";
export { embeddedSource } from "./source/embedded.js";
export { type JsonlOptions, jsonlSource } from "./source/jsonl.js";
export { corpusSpec, openSource, type SourceSpec } from "./source/open.js";
export { PASSAGE_CHARS, type Passage, type Source, type SourceState } from "./source/source.js";
export { type TextOptions, textSource } from "./source/text.js";
export type { InvalidUtf8 } from "./source/utf8.js";
export { type BytesOptions, bytesTokenizer } from "./tokenizer/bytes.js";
export {
  huggingFaceTokenizer,
  type SpecialTokens,
  type TextFile,
  type TokenizerFiles,
} from "./tokenizer/hugging-face.js";
export { loadTokenizer } from "./tokenizer/load.js";
export type { Tokenizer } from "./tokenizer/tokenizer.js";
export type { TokenHeader } from "./tokens/format.js";
export { TokenFile, type TokenReader, tokensInMemory } from "./tokens/reader.js";
export { type TokenFileInfo, TokenFileWriter, writeTokenFile } from "./tokens/writer.js";
