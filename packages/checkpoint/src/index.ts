// safetensors, Hugging Face model directories, training snapshots.
export { type Beside, type BesideFile, type LeftBehind, listBeside } from "./model-directory/beside.js";
export { readStopTokens } from "./model-directory/generation-config.js";
export { CONFIG_FILE, INDEX_FILE, tokenizerFiles } from "./model-directory/names.js";
export {
  type CompanionFile,
  type ModelDirectory,
  openModelDirectory,
} from "./model-directory/open.js";
export { planShards } from "./model-directory/shard-index.js";
export { type ExtraFile, type ModelDirectoryContent, writeModelDirectory } from "./model-directory/write.js";
export type { ReadDType } from "./safetensors/decode.js";
export { hostDType, STORED_AS, STORED_BITS, type StoredDType } from "./safetensors/dtype.js";
export type { StorageDType } from "./safetensors/encode.js";
export { SafetensorsFile } from "./safetensors/file.js";
export type { TensorEntry, TensorInfo } from "./safetensors/header.js";
export { layoutSafetensors, type SafetensorsLayout } from "./safetensors/layout.js";
export { hostSource, hostSources, lazySource, type TensorSource } from "./safetensors/source.js";
export { type WriteSafetensorsOptions, type WrittenFile, writeSafetensors } from "./safetensors/write.js";
export { loadSnapshot, type Snapshot } from "./snapshot/load.js";
export { type SnapshotContent, saveSnapshot } from "./snapshot/save.js";
