// Reads and writes weights in a web page: safetensors from a File or the origin private file system, and into it.

export { type Bytes, SafetensorsBlob, safetensorsStream } from "./safetensors/blob.js";
export type { ReadDType } from "./safetensors/decode.js";
export type { StorageDType } from "./safetensors/encode.js";
export type { TensorEntry, TensorInfo } from "./safetensors/header.js";
export { hostSource, hostSources, lazySource, type TensorSource } from "./safetensors/source.js";
