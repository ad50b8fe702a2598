// Composites that take fewer or faster kernels whole than decomposed. One that is missing here is decomposed.
import { causalAttention, causalAttentionGrad } from "./attention.js";
import { linearCrossEntropy, linearCrossEntropyGrad } from "./cross-entropy.js";
import { type CompositeLowerings, operand } from "./lowering.js";
import { adamw, clipByGlobalNorm, guardedAdamw } from "./optimizer.js";
import { rmsNorm, rmsNormGrad } from "./rms-norm.js";
import { rope } from "./rope.js";
import { swiglu, swigluGrad } from "./swiglu.js";

export const compositeLowerings: CompositeLowerings = {
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
