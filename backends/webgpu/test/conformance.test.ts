// The WebGPU backend passes the conformance suite on SwiftShader in Node, with either family of kernels.
import { describeBackend } from "@cambium/backend/conformance";
import { useSwiftShader } from "@cambium/browser";
import { vi } from "vitest";
import backend from "../src/index.js";

await useSwiftShader();
// A software adapter takes seconds to build a kernel for GPUs, and a train step has a dozen.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
describeBackend(backend);
describeBackend(() => backend.open({ kernels: "gpu" }), { name: "webgpu with kernels for GPUs" });
