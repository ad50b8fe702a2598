// The kernels of each engine.
import type { Program } from "../program/program.js";
import { FusedKernels } from "./fused.js";
import { Kernels } from "./kernels.js";
import { TensorflowKernels } from "./tensorflow.js";
import { WasmKernels } from "./wasm.js";
import { WebglKernels } from "./webgl.js";
import { WebgpuKernels } from "./webgpu.js";

export function kernelsFor(program: Program): Kernels {
  switch (program.engine.backendName) {
    case "tensorflow":
      return program.engine.fused ? new FusedKernels(program) : new TensorflowKernels(program);
    case "wasm":
      return new WasmKernels(program);
    case "webgl":
      return new WebglKernels(program);
    case "webgpu":
      return new WebgpuKernels(program);
    default:
      return new Kernels(program);
  }
}
