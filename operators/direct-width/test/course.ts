// What growth in width leaves of the course of training, in float64.
import { difference, gradients, growExactly, logits, randomWeights, type Weights } from "@cambium/growth/conformance";
import type { DecoderInput } from "@cambium/model";
import { Adam, byRule, grown, zerosLike } from "./support.js";

const rate = 3e-3;

/**
 * How far the logits of base and grown model (all axes twice, even) are apart after 5 steps of AdamW, growth, and 20 steps
 * of both; relative to the largest.
 */
export async function course(
  given: Partial<DecoderInput>,
  options: { readonly carry: boolean; readonly slow: boolean },
): Promise<number> {
  const plan = grown(given, { split: "even", scaleLearningRates: options.slow });
  const { base } = plan;
  const weights = randomWeights(base, "course");
  const before = new Adam(weights, zerosLike(weights), zerosLike(weights), 0);
  for (let i = 0; i < 5; i++) before.step(gradients(base, before.weights), rate);
  const bigger: Weights = await growExactly(plan, before.weights);
  const state = options.carry
    ? [await byRule(plan, before.m), await byRule(plan, before.v, 2)]
    : [zerosLike(bigger), zerosLike(bigger)];
  const after = new Adam(bigger, ...(state as [Weights, Weights]), options.carry ? 5 : 0, plan.phase.lrMultipliers);
  for (let i = 0; i < 20; i++) {
    before.step(gradients(base, before.weights), rate);
    after.step(gradients(plan.target, after.weights), rate);
  }
  return difference(logits(plan.target, after.weights), logits(base, before.weights));
}
