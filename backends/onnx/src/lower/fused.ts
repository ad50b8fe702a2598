// Lowerings of the backend's own composites (src/fuse/ops): forms that ONNX Runtime computes in one node or few.
import type { FusedName } from "../fuse/ops/index.js";
import { attention, attentionGrad } from "./attention.js";
import { crossEntropy, crossEntropyGrad } from "./cross-entropy.js";
import type { Lowering } from "./lowering.js";
import { product } from "./matmul.js";
import { rmsNormGrad } from "./rms-norm.js";
import { recomputedSwiglu } from "./swiglu.js";

export const fusedLowerings: Readonly<Record<FusedName, Lowering>> = {
  "onnx.attention": attention,
  "onnx.attentionGrad": attentionGrad,
  "onnx.crossEntropy": crossEntropy,
  "onnx.crossEntropyGrad": crossEntropyGrad,
  "onnx.gemm": ({ graph, inputs, attrs }) =>
    graph.node("Gemm", inputs, {
      transA: attrs["transA"] ? 1 : 0,
      transB: attrs["transB"] ? 1 : 0,
      alpha: { float: attrs["alpha"] as number },
      beta: { float: attrs["beta"] as number },
    }),
  "onnx.recomputedSwiglu": recomputedSwiglu,
  "onnx.rmsNormGradAdd": rmsNormGrad,
  "onnx.scaledMatmul": (context) => product(context, context.attrs["alpha"] as number),
};
