// The TensorFlow.js backend in Node: CUDA or the CPU through libtensorflow, WebAssembly, plain JavaScript, or a tfjs
// handed in.
import { tfjsBackend } from "./backend.js";
import { nodeEngine } from "./engines/node.js";
import { portableEngine } from "./engines/portable.js";

export { backendTfjs, type InjectedTfjs } from "./backend.js";
export type { Tfjs } from "./tfjs.js";

/**
 * Options: `engine` (string: `auto`, `node-gpu`, `node`, `wasm`, `cpu`; default `auto`: the first of these that runs. The
 * device's text says which one, and why not one before it), `profile` (boolean).
 * @example const device = await backend.open({ engine: "node-gpu" });
 */
export default tfjsBackend([nodeEngine("node-gpu"), nodeEngine("node"), portableEngine("wasm"), portableEngine("cpu")]);
