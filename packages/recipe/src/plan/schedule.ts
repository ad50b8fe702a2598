// The learning rate of a stage, from the recipe and the growth that the stage begins with.
import type { ScheduleOptions } from "@cambium/train";
import type { GrowthStep, Recipe } from "../schema.js";

/** @param totalTokens where the schedule ends, if it does */
export function scheduleOf({ train }: Recipe, totalTokens: number, growth?: GrowthStep): ScheduleOptions {
  const peak = growth?.lr ?? train.lr;
  const warmupTokens = growth?.warmup ?? train.warmup;
  return {
    kind: train.schedule,
    peak,
    floor: Math.min(peak, train.minLr ?? peak / 10),
    warmupTokens,
    totalTokens: Math.max(totalTokens, warmupTokens),
    ...(train.decay !== undefined && { decayTokens: train.decay }),
  };
}
