// How a growth changes the cost of training.
import type { GrowReport } from "@cambium/grow/node";
import { contextLength } from "@cambium/model";
import { tokenFlops } from "@cambium/scaling/flops";

/** Longest sequence the cost is given for: attention scores cost more per token in longer sequences. */
const longest = 2048;

/** FLOPs of training on one token (matrix work, attention scores in full), in sequences of `context` tokens. */
export interface GrowthFlops {
  readonly context: number;
  readonly before: number;
  readonly after: number;
}

/** Undefined for a model whose family has no graph, and so no matrix work to count. */
export function growthFlops({ plan }: Pick<GrowReport, "plan">): GrowthFlops | undefined {
  if (!plan.base.family.forward) return undefined;
  const context = Math.min(longest, contextLength(plan.base), contextLength(plan.target));
  return { context, before: tokenFlops(plan.base, context), after: tokenFlops(plan.target, context) };
}
