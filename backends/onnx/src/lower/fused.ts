// Lowerings of the backend's own composites (src/fuse/ops): forms that ONNX Runtime computes in one or a few nodes.
import type { AttrsOf } from "@cambium/ir";
import type { FusedName, fusedOps } from "../fuse/ops/index.js";
import { attention, attentionGrad } from "./attention.js";
import { crossEntropy, crossEntropyGrad } from "./cross-entropy.js";
import type { Lowering } from "./lowering.js";
import { product } from "./matmul.js";
import { rmsNormGrad } from "./rms-norm.js";
import { sharedSwiglu } from "./swiglu.js";

type FusedLowerings = { readonly [Name in FusedName]: Lowering<AttrsOf<(typeof fusedOps)[Name]>> };

export const fusedLowerings: FusedLowerings = {
  "onnx.attention": attention,
  "onnx.attentionGrad": attentionGrad,
  "onnx.crossEntropy": crossEntropy,
  "onnx.crossEntropyGrad": crossEntropyGrad,
  "onnx.gemm": ({ graph, inputs, attrs }) =>
    graph.node("Gemm", inputs, {
      transA: attrs.transA ? 1 : 0,
      transB: attrs.transB ? 1 : 0,
      alpha: { float: attrs.alpha },
      beta: { float: attrs.beta },
    }),
  "onnx.sharedSwiglu": sharedSwiglu,
  "onnx.rmsNormGradAdd": rmsNormGrad,
  "onnx.scaledMatmul": (context) => product(context, context.attrs.alpha),
};
