// The conformance suite in Chromium: tfjs on WebAssembly, handed in, and on WebGPU (SwiftShader), loaded by name.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describeBackendInPage } from "@cambium/browser/vitest";

const wasm = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"));
const binaries = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"];

describeBackendInPage({
  name: "tfjs wasm",
  entry: join(import.meta.dirname, "page-wasm.ts"),
  files: Object.fromEntries(binaries.map((name) => [`/${name}`, join(wasm, name)])),
});
describeBackendInPage({ name: "tfjs webgpu", entry: join(import.meta.dirname, "page-webgpu.ts") });
