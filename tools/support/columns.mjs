// The devices of the support table: each backend of this repository on what it can be tested on without a GPU.

/** @typedef {{ title: string, backend: string, options?: object, adapter?: string }} Column */

/** @type {readonly Column[]} */
export const columns = [
  { title: "reference", backend: "reference" },
  { title: "onnx", backend: "onnx" },
  { title: "tfjs node", backend: "tfjs", options: { engine: "node" } },
  { title: "tfjs wasm", backend: "tfjs", options: { engine: "wasm" } },
  { title: "tfjs cpu", backend: "tfjs", options: { engine: "cpu" } },
  { title: "webgpu SwiftShader", backend: "webgpu", adapter: "swiftshader" },
  { title: "webgpu lavapipe", backend: "webgpu", adapter: "lavapipe" },
];
