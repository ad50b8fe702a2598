// Composites that are fewer or faster kernels whole than decomposed.
import type { CompositeName } from "@cambium/ir";
import { causalAttention, causalAttentionGrad } from "./attention.js";
import { linearCrossEntropy, linearCrossEntropyGrad } from "./cross-entropy.js";
import { type Lowering, operand } from "./lowering.js";
import { adamw, clipByGlobalNorm, guardedAdamw } from "./optimizer.js";
import { rmsNorm, rmsNormGrad } from "./rms-norm.js";
import { rope } from "./rope.js";
import { swiglu, swigluGrad } from "./swiglu.js";

export const compositeLowerings: Record<CompositeName, Lowering> = {
  adamw,
  causalAttention,
  causalAttentionGrad,
  clipByGlobalNorm,
  guardedAdamw,
  linearCrossEntropy,
  linearCrossEntropyGrad,
  rmsNorm,
  rmsNormGrad,
  rope,
  softmax: (context) => context.kernels.softmax(operand(context, 0)),
  swiglu,
  swigluGrad,
};
