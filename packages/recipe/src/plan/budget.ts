// What stages cost, and for how many tokens each trains: arms of one recipe spend the same FLOPs.
import { isTied, type ModelSpec, sizesAlong } from "@cambium/model";
import { type ModelShape, trainFlops } from "@cambium/scaling";
import type { Recipe } from "../schema.js";
import type { StagePlan } from "./stage.js";

/**
 * Tokens of `model` that spend what `train.tokens` of `like` would, less what `stages` have spent.
 * @returns 1 at least; not rounded to steps
 */
export function remainingTokens(
  { model: { context }, train }: Recipe,
  stages: readonly Pick<StagePlan, "model" | "tokens">[],
  model: ModelSpec,
  like = model,
): number {
  const perToken = flopsPerToken(model, context);
  const budget = train.tokens * (flopsPerToken(like, context) / perToken);
  const spent = stages.reduce((sum, stage) => sum + stage.tokens * flopsPerToken(stage.model, context), 0);
  return Math.max(1, budget - spent / perToken);
}

/** `tokens` as the nearest whole number of optimizer steps, 1 at least. */
export function wholeSteps({ model, train }: Recipe, tokens: number): number {
  const step = model.context * train.batch * train.accumulation;
  return Math.max(1, Math.round(tokens / step)) * step;
}

/** What the held-out loss is measured on, and how often, in tokens: the recipe's, or what training can bear. */
export function evaluation({ evaluate, train }: Recipe): { readonly every: number; readonly tokens: number } {
  const { every = Math.ceil(train.tokens / 40), tokens = Math.min(65_536, Math.ceil(train.tokens / 16)) } = evaluate;
  return { every, tokens };
}

/** Exact training FLOPs per token, attention scores counted in full. */
export function flopsPerToken(model: ModelSpec, context: number): number {
  return trainFlops(shapeOf(model), context, "full") / context;
}

function shapeOf(model: ModelSpec): ModelShape {
  const axes = ["layers", "hidden", "heads", "kvHeads", "headDim", "intermediate", "vocab"] as const;
  return { ...sizesAlong(model, axes), tied: isTied(model) };
}
