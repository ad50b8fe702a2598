// What a growth does to the cost of training.
import type { GrowPreflight } from "@cambium/grow/node";
import { contextLength, isTied, type ModelSpec, sizesAlong } from "@cambium/model";
import { trainFlops } from "@cambium/scaling/flops";

/** Longest sequence that the cost is given for: scores cost more a token the longer it is. */
const longest = 2048;

/** FLOPs of training on one token (matrix work, attention scores in full), in sequences of `context` tokens. */
export interface GrowthFlops {
  readonly context: number;
  readonly before: number;
  readonly after: number;
}

/** Undefined where the family is none whose matrices are known. */
export function growthFlops({ plan }: Pick<GrowPreflight, "plan">): GrowthFlops | undefined {
  if (!plan) return undefined;
  const context = Math.min(longest, contextLength(plan.base), contextLength(plan.target));
  const perToken = (model: ModelSpec): number => trainFlops(shapeOf(model), context, "full") / context;
  return { context, before: perToken(plan.base), after: perToken(plan.target) };
}

function shapeOf(model: ModelSpec): Parameters<typeof trainFlops>[0] {
  const axes = ["layers", "hidden", "heads", "kvHeads", "headDim", "intermediate", "vocab"] as const;
  return { ...sizesAlong(model, axes), tied: isTied(model) };
}
