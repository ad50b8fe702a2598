// RMS norm and its gradient, in two families: a workgroup per row for GPUs, an invocation per row for software
// adapters.
import type { KernelLowering } from "../../lower/lowering.js";
import { backwardPerGroup, forwardPerGroup } from "./per-group.js";
import { backwardPerRow, forwardPerRow } from "./per-row.js";

export const rmsNorm: KernelLowering = {
  kind: "kernels",
  lower: (node, context) => (context.traits.kind === "cpu" ? forwardPerRow : forwardPerGroup)(node, context),
};

export const rmsNormGrad: KernelLowering = {
  kind: "kernels",
  lower: (node, context) => (context.traits.kind === "cpu" ? backwardPerRow : backwardPerGroup)(node, context),
};
