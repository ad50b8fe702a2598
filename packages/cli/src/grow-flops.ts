// What a growth does to the cost of training.
import type { GrowPreflight } from "@cambium/grow/node";
import type { LlamaConfig } from "@cambium/model";
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
  const context = Math.min(longest, plan.base.contextLength, plan.target.contextLength);
  const perToken = (config: LlamaConfig): number => trainFlops(shapeOf(config), context, "full") / context;
  return { context, before: perToken(plan.base), after: perToken(plan.target) };
}

function shapeOf(config: LlamaConfig): Parameters<typeof trainFlops>[0] {
  const { layers, hiddenSize: hidden, heads, kvHeads, headDim, tieEmbeddings: tied } = config;
  const { intermediateSize: intermediate, vocabSize: vocab } = config;
  return { layers, hidden, heads, kvHeads, headDim, intermediate, vocab, tied };
}
