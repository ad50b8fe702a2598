// safetensors, Hugging Face model directories, training snapshots, and the atomic writes under them.
export { type AtomicOptions, recoverDirectory, replaceDirectory, replaceFile, writeFileAtomic } from "./atomic.js";
export { freeBytes, requireSpace } from "./disk-space.js";
export { toFileError, withFileErrors } from "./file-errors.js";
export { type GrowOptions, type GrowOutcome, type GrowProgress, growDirectory } from "./grow/execute.js";
export { type GrowPreflight, type GrowRequest, preflightGrowth } from "./grow/preflight.js";
export { isJsonObject, type JsonObject, type JsonValue, parseJson } from "./json.js";
export { type CompanionFile, type ModelDirectory, openModelDirectory } from "./model-directory/open.js";
export { type ExtraFile, type ModelDirectoryContent, writeModelDirectory } from "./model-directory/write.js";
export type { ReadDType } from "./safetensors/decode.js";
export type { StoredDType } from "./safetensors/dtype.js";
export type { StorageDType } from "./safetensors/encode.js";
export { SafetensorsFile } from "./safetensors/file.js";
export type { TensorEntry, TensorInfo } from "./safetensors/header.js";
export { layoutSafetensors, type SafetensorsLayout } from "./safetensors/layout.js";
export { hostSource, hostSources, lazySource, type TensorSource } from "./safetensors/source.js";
export { type WriteSafetensorsOptions, type WrittenFile, writeSafetensors } from "./safetensors/write.js";
export { loadSnapshot, type Snapshot } from "./snapshot/load.js";
export { type SnapshotContent, saveSnapshot } from "./snapshot/save.js";
