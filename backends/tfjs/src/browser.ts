// The TensorFlow.js backend in a browser: WebGPU, WebGL, WebAssembly, plain JavaScript, or a tfjs handed in.
import { tfjsBackend } from "./backend.js";
import { portableEngine } from "./engines/portable.js";

export { backendTfjs, type InjectedTfjs } from "./backend.js";
export type { Tfjs } from "./tfjs.js";

/** As the backend in Node, with the engines `webgpu`, `webgl`, `wasm` and `cpu`, in this order. */
export default tfjsBackend([
  portableEngine("webgpu"),
  portableEngine("webgl"),
  portableEngine("wasm"),
  portableEngine("cpu"),
]);
