// The budget of FLOPs, which is the same for all arms of a recipe, and counts of tokens derived from it.
import type { ModelSpec } from "@cambium/model";
import { tokenFlops } from "@cambium/scaling/flops";
import type { Recipe } from "../schema.js";

/** FLOPs that each arm of a recipe may spend: those of `target` over `train.tokens`. */
export function budgetOf({ model, train }: Recipe, target: ModelSpec): number {
  return train.tokens * tokenFlops(target, model.context);
}

/** `tokens` as the nearest whole number of optimizer steps, 1 at least. */
export function wholeSteps({ model, train }: Recipe, tokens: number): number {
  const step = model.context * train.batch * train.accumulation;
  return Math.max(1, Math.round(tokens / step)) * step;
}

/** How often the held-out loss is measured, and on how much, in tokens. Default: a small share of training. */
export function evaluation({ evaluate, train }: Recipe): { readonly every: number; readonly tokens: number } {
  const { every = Math.ceil(train.tokens / 40), tokens = Math.min(65_536, Math.ceil(train.tokens / 16)) } = evaluate;
  return { every, tokens };
}
