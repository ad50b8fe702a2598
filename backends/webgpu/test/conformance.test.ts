// The WebGPU backend passes the conformance suite on SwiftShader in Node, with either family of kernels.
import { describeBackend } from "@cambium/backend/conformance";
import { useSwiftShader } from "@cambium/browser";
import backend from "../src/index.js";

await useSwiftShader();
describeBackend(backend);
describeBackend(() => backend.open({ kernels: "gpu" }), { name: "webgpu with kernels for GPUs" });
