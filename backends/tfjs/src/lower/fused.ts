// Composites as Cambium's own ops take them whole. One that is missing here is lowered as on other engines.
import type { CompositeAttrs } from "@cambium/ir";
import type { FusedKernels } from "../kernels/fused.js";
import type { Ref } from "../program/program.js";
import { type CompositeLowerings, type LoweringContext, operand } from "./lowering.js";

const fused = ({ kernels }: LoweringContext) => kernels as FusedKernels;

export const fusedLowerings: CompositeLowerings = {
  adamw: (context) => fused(context).adamw(context.inputs, context.attrs, false),
  guardedAdamw: (context) => fused(context).adamw(context.inputs, context.attrs, true),
  causalAttention: (context) => fused(context).attention(context.inputs, ...headsOf(context.attrs)),
  causalAttentionGrad: (context) => fused(context).attentionGrad(context.inputs, ...headsOf(context.attrs)),
  linearCrossEntropy: (context) => {
    const [hidden, weight, targets] = context.inputs as readonly [Ref, Ref, Ref];
    const kernels = fused(context);
    const logits = kernels.matmul(hidden, weight, { transB: true });
    const { losses, logSumExp } = kernels.rowLosses(logits, targets);
    return [kernels.scale(kernels.sum(losses, [0]), 1 / (hidden.shape[0] as number)), logSumExp];
  },
  linearCrossEntropyGrad: (context) => {
    const [hidden, weight, targets, logSumExp, grad] = context.inputs as readonly [Ref, Ref, Ref, Ref, Ref];
    const kernels = fused(context);
    const logits = kernels.matmul(hidden, weight, { transB: true });
    const share = kernels.scale(grad, 1 / (hidden.shape[0] as number));
    const cotangents = kernels.crossEntropyGrad(logits, targets, logSumExp, share);
    const read = hidden.dtype === weight.dtype ? kernels.cast(cotangents, weight.dtype) : cotangents;
    return [kernels.matmul(read, weight), kernels.matmul(read, hidden, { transA: true })];
  },
  rmsNorm: (context) => fused(context).rmsNorm(operand(context, 0), operand(context, 1), context.attrs.eps),
  rmsNormGrad: (context) => fused(context).rmsNormGrad(...(context.inputs as readonly [Ref, Ref, Ref, Ref])),
  rope: (context) => {
    const [x, cos, sin] = context.inputs as readonly [Ref, Ref, Ref];
    return fused(context).rope(x, cos, sin, context.attrs.heads, context.attrs.inverse ? -1 : 1);
  },
  swiglu: (context) => fused(context).swiglu(operand(context, 0), operand(context, 1)),
  swigluGrad: (context) => fused(context).swigluGrad(operand(context, 0), operand(context, 1), operand(context, 2)),
};

function headsOf({ heads, kvHeads }: CompositeAttrs<"causalAttention">): readonly [number, number] {
  return [heads, kvHeads];
}
