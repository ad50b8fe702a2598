// All composites, by name. Generated from the files beside it (tools/indexes.mjs); do not edit.
import { adamw, guardedAdamw } from "./adamw.js";
import { causalAttention, causalAttentionGrad } from "./causal-attention.js";
import { clipByGlobalNorm } from "./clip-by-global-norm.js";
import { klDivergence } from "./kl-divergence.js";
import { linearCrossEntropy, linearCrossEntropyGrad } from "./linear-cross-entropy.js";
import { replaceRow } from "./replace-row.js";
import { rmsNorm, rmsNormGrad } from "./rms-norm.js";
import { rope } from "./rope.js";
import { softmax } from "./softmax.js";
import { swiglu, swigluGrad } from "./swiglu.js";

export { adamw, guardedAdamw, causalAttention, causalAttentionGrad, clipByGlobalNorm, klDivergence, linearCrossEntropy, linearCrossEntropyGrad, replaceRow, rmsNorm, rmsNormGrad, rope, softmax, swiglu, swigluGrad };

export const composites = { adamw, guardedAdamw, causalAttention, causalAttentionGrad, clipByGlobalNorm, klDivergence, linearCrossEntropy, linearCrossEntropyGrad, replaceRow, rmsNorm, rmsNormGrad, rope, softmax, swiglu, swigluGrad } as const;

export type CompositeName = keyof typeof composites;
