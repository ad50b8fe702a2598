// Corpora, tokenizers by path, and token files.
export { type CorpusOptions, corpusSpec, type SourceSpec } from "../corpus-spec.js";
export { loadTokenizer } from "./load-tokenizer.js";
export { findTokenizer, type NamedTokenizer, ownTokenizer } from "./model-tokenizer.js";
export { type MixPart, type MixtureOptions, prepareMixture } from "./prepare/mixture.js";
export type { Progress } from "./prepare/pacer.js";
export { type PrepareOptions, prepareData } from "./prepare/prepare.js";
export type { PreparedData, SideStats } from "./prepare/prepared.js";
export { isRowsFile, type Row, readRows, rowEndings } from "./rows.js";
export { type FilesOptions, filesSource, shortList } from "./source/corpus-files.js";
export { embeddedSource } from "./source/embedded.js";
export { openSource } from "./source/open.js";
export { PASSAGE_CHARS, type Passage, type Source, type SourceState } from "./source/source.js";
export type { InvalidUtf8 } from "./source/utf8.js";
export { type TextWindows, textWindows } from "./text-windows.js";
export type { TokenHeader } from "./tokens/format.js";
export { TokenFile } from "./tokens/reader.js";
export { type TokenFileInfo, TokenFileWriter, writeTokenFile } from "./tokens/writer.js";
