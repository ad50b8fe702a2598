// A line of metrics.jsonl, as the training loop reports it after each optimizer step.
import type { MetricsRow, SwitchSeconds } from "@cambium/train";
import { z } from "zod";
import { amount, count, measured, seconds } from "./scalars.js";

export const switchSeconds = z
  .object({ compile: seconds, compiledAhead: z.boolean(), download: seconds, plan: seconds, upload: seconds })
  .readonly() satisfies z.ZodType<SwitchSeconds>;

/** Every field of a row has to stand here: what is missing, or is not one of the loop's, tsc refuses. */
const fields = {
  step: count,
  tokens: count,
  loss: measured,
  heldOutLoss: measured.exactOptional(),
  lr: measured,
  gradNorm: measured,
  lossScale: measured.exactOptional(),
  skipped: z.boolean().exactOptional(),
  tokensPerSecond: measured,
  flops: amount,
  seconds,
  switch: switchSeconds.exactOptional(),
  memoryBytes: amount.exactOptional(),
} satisfies Record<keyof MetricsRow, z.ZodType>;

export const metricsRow = z.object(fields).readonly() satisfies z.ZodType<MetricsRow>;
