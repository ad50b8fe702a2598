// Limits on the sizes of a model. Numbers from files and options are checked against them first: with larger ones, the
// lists of a plan would fill memory before anything else could refuse them.
import { CambiumError, type Reason } from "@cambium/ir";
import type { ModelSpec } from "./family.js";
import type { AxisName, Sizes } from "./parameters.js";

/** The deepest existing models have a thousand layers. */
export const mostLayers = 10_000;

/** Channels, heads or neurons; the widest existing models have some 100,000. */
const mostWide = 2 ** 20;
const most: Readonly<Record<string, number>> = {
  layers: mostLayers,
  hidden: mostWide,
  heads: mostWide,
  kvHeads: mostWide,
  headDim: mostWide,
  intermediate: mostWide,
};

/** The most indices that an axis may have. */
export function mostAlong(axis: AxisName): number {
  return Object.hasOwn(most, axis) ? (most[axis] as number) : 2 ** 31 - 1;
}

/** A reason for every size above its limit. */
export function limitReasons(sizes: Partial<Sizes>): Reason[] {
  return Object.entries(sizes).flatMap(([where, size]) => {
    const limit = mostAlong(where);
    if (size === undefined || size <= limit) return [];
    return [{ where, message: "is larger than any model's", expected: `at most ${limit}`, got: `${size}` }];
  });
}

/** `model`, if it is within the limits. @throws CambiumError `E_CONFIG` with every size above its limit. */
export function withinLimits<Config extends object>(model: ModelSpec<Config>): ModelSpec<Config> {
  const reasons = limitReasons(model.family.sizes.read(model.config));
  if (reasons.length === 0) return model;
  throw new CambiumError("E_CONFIG", "the model is too large", { reasons });
}
