// The backend's own composites, by name. `decompose` defines what each computes; its lowering makes it fast.
import { attention, attentionGrad } from "./attention.js";
import { crossEntropy, crossEntropyGrad } from "./cross-entropy.js";
import { gemm } from "./gemm.js";
import { rmsNormGradAdd } from "./rms-norm-grad.js";
import { scaledMatmul } from "./scaled-matmul.js";
import { sharedSwiglu } from "./shared-swiglu.js";

export const fusedOps = {
  "onnx.attention": attention,
  "onnx.attentionGrad": attentionGrad,
  "onnx.crossEntropy": crossEntropy,
  "onnx.crossEntropyGrad": crossEntropyGrad,
  "onnx.gemm": gemm,
  "onnx.sharedSwiglu": sharedSwiglu,
  "onnx.rmsNormGradAdd": rmsNormGradAdd,
  "onnx.scaledMatmul": scaledMatmul,
} as const;

export type FusedName = keyof typeof fusedOps;
