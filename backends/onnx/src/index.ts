// The ONNX Runtime backend: forward and backward as one session, clipping and AdamW as WebAssembly over the same memory,
// all in a worker thread.
import { defineBackend } from "@cambium/backend";
import { open } from "./open.js";
import { probe } from "./trial.js";

/**
 * Options: `provider` (string, default `cpu`), `threads` (number, default one per core), `profile` (boolean).
 * @example const device = await backend.open({ threads: 4 });
 */
export default defineBackend({ name: "onnx", open, probe });
