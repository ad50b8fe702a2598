// Causal attention: flash-style kernels, forward and backward, that never hold a time × time tensor.
import type { KernelLowering } from "../../lower/lowering.js";
import { cpuBackward } from "./cpu-backward.js";
import { cpuForward } from "./cpu-forward.js";
import { gpuBackward } from "./gpu-backward.js";
import { gpuForward } from "./gpu-forward.js";

export const causalAttention: KernelLowering = {
  kind: "kernels",
  lower: (node, context) => (context.traits.kind === "cpu" ? cpuForward : gpuForward)(node, context),
};

export const causalAttentionGrad: KernelLowering = {
  kind: "kernels",
  lower: (node, context) => (context.traits.kind === "cpu" ? cpuBackward : gpuBackward)(node, context),
};
