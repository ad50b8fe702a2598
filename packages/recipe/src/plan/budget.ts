// What stages cost, and for how many tokens each trains: arms of one recipe spend the same FLOPs.
import type { LlamaConfig } from "@cambium/model";
import { type ModelShape, trainFlops } from "@cambium/scaling";
import type { Recipe } from "../schema.js";
import type { StagePlan } from "./stage.js";

/**
 * Tokens of `config` that spend what `train.tokens` of `like` would, less what `stages` have spent.
 * @returns 1 at least; not rounded to steps
 */
export function remainingTokens(
  { model, train }: Recipe,
  stages: readonly Pick<StagePlan, "config" | "tokens">[],
  config: LlamaConfig,
  like = config,
): number {
  const perToken = flopsPerToken(config, model.context);
  const budget = train.tokens * (flopsPerToken(like, model.context) / perToken);
  const spent = stages.reduce((sum, stage) => sum + stage.tokens * flopsPerToken(stage.config, model.context), 0);
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
export function flopsPerToken(config: LlamaConfig, context: number): number {
  return trainFlops(shapeOf(config), context, "full") / context;
}

function shapeOf(config: LlamaConfig): ModelShape {
  const {
    layers,
    hiddenSize: hidden,
    heads,
    kvHeads,
    headDim,
    intermediateSize: intermediate,
    vocabSize: vocab,
    tieEmbeddings: tied,
  } = config;
  return { layers, hidden, heads, kvHeads, headDim, intermediate, vocab, tied };
}
