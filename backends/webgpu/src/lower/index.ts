// Which lowering each op has. The table over primitives is total: tsc names a missing one.
import { CambiumError, type CompositeName, type Node, type Op, type PrimitiveName } from "@cambium/ir";
import { argMax } from "../kernels/arg-max.js";
import { causalAttention, causalAttentionGrad } from "../kernels/attention/index.js";
import { linearCrossEntropy, linearCrossEntropyGrad } from "../kernels/cross-entropy.js";
import { matmul } from "../kernels/matmul/index.js";
import { adamw } from "../kernels/optimizer/adamw.js";
import { clipByGlobalNorm } from "../kernels/optimizer/clip.js";
import { reduceMax, reduceSum } from "../kernels/reduce/index.js";
import { rmsNorm, rmsNormGrad } from "../kernels/rms-norm/index.js";
import { scatterAdd } from "../kernels/scatter-add.js";
import { elementwiseLowerings } from "./elementwise.js";
import type { KernelLowering, Lowering } from "./lowering.js";
import { viewLowerings } from "./views.js";

const primitiveLowerings: Record<PrimitiveName, Lowering> = {
  ...elementwiseLowerings,
  ...viewLowerings,
  argMax,
  matmul,
  reduceMax,
  reduceSum,
  scatterAdd,
};

const compositeLowerings = {
  adamw,
  causalAttention,
  causalAttentionGrad,
  clipByGlobalNorm,
  guardedAdamw: adamw,
  linearCrossEntropy,
  linearCrossEntropyGrad,
  rmsNorm,
  rmsNormGrad,
} satisfies Partial<Record<CompositeName, KernelLowering>>;

/** Names of the composites that have kernels of their own. */
export const loweredComposites = Object.keys(compositeLowerings) as readonly CompositeName[];

const table: Readonly<Record<string, Lowering>> = { ...primitiveLowerings, ...compositeLowerings };

export function isLowered(op: Op): boolean {
  return Object.hasOwn(table, op.name);
}

/** @throws CambiumError `E_UNSUPPORTED` for an op that this backend does not know. */
export function loweringOf({ op, scope }: Node): Lowering {
  const lowering = isLowered(op) ? table[op.name] : undefined;
  if (lowering) return lowering;
  throw new CambiumError("E_UNSUPPORTED", `the webgpu backend has no lowering for op "${op.name}"`, {
    ...(scope !== undefined && { where: scope }),
    hint: "define it as a composite with a decomposition",
  });
}
