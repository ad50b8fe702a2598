// A line of metrics.jsonl: what the training loop reports after each optimizer step.
import type { MetricsRow, SwitchSeconds } from "@cambium/train";
import { z } from "zod";
import { amount, count, measured, seconds } from "./scalars.js";

export const switchSeconds = z
  .object({ compile: seconds, compiledAhead: z.boolean(), download: seconds, plan: seconds, upload: seconds })
  .readonly() satisfies z.ZodType<SwitchSeconds>;

/** One schema per field of `MetricsRow`: tsc reports a missing or unknown field. */
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
