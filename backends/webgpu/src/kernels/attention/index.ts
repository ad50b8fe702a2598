// Causal attention: flash-style kernels, forward and backward, that never hold a context × context tensor.
import type { Value } from "@cambium/ir";
import type { KernelLowering } from "../../lower/lowering.js";
import { cpu } from "./cpu/index.js";
import { gpu } from "./gpu/index.js";
import { backwardOf, forwardOf } from "./node.js";

export const causalAttention: KernelLowering = {
  kind: "kernels",
  lower: (node, { traits, emit }) => {
    const { forward } = traits.kind === "cpu" ? cpu : gpu;
    emit(forward(forwardOf(node), traits));
  },
};

export const causalAttentionGrad: KernelLowering = {
  kind: "kernels",
  lower: (node, { traits, emit, temp }) => {
    const { queryGrad, keyValueGrad } = traits.kind === "cpu" ? cpu : gpu;
    const backward = backwardOf(node, temp((node.inputs[4] as Value).type));
    emit(queryGrad(backward, traits));
    emit(keyValueGrad(backward, traits));
  },
};
