// When probes run, and how a probe ends (`ProbeRule`).
import { type LossRow, lineThrough, lossOverCompute } from "./loss-line.js";
import type { ProbeRule } from "./stage.js";

type Times = Pick<ProbeRule, "every" | "least" | "most">;

/** Tokens of the stage's first probe after `tokens` tokens; `most` if none is left. */
export function nextProbe({ every, least, most }: Times, tokens: number): number {
  const next = Math.max(Math.floor(tokens / every) + 1, Math.ceil(least / every)) * every;
  return Math.min(next, most);
}

/** Number of failed probes of a stage that ended after `tokens` tokens: all before its end. */
export function probesBefore({ every, least, most }: Times, tokens: number): number {
  const last = Math.ceil(Math.min(tokens, most) / every) - 1;
  return Math.max(0, last - Math.max(1, Math.ceil(least / every)) + 1);
}

export interface ProbeVerdict {
  /** Held-out loss of the grown model at the probe's end, nats per token. */
  readonly loss: number;
  /** The loss predicted for the ungrown model. */
  readonly predicted: number;
  /** Whether the model grows. */
  readonly grew: boolean;
}

/**
 * How a probe ended. It depends on recorded rows alone, so a run that was killed decides as one that was not.
 * @param rows of the stage so far, in order
 * @param grown rows of the probe
 * @param before FLOPs of earlier probes, which the count of `grown` includes
 */
export function probeVerdict(
  { window, flopsBefore }: Pick<ProbeRule, "window" | "flopsBefore">,
  rows: readonly LossRow[],
  grown: readonly LossRow[],
  before: number,
): ProbeVerdict {
  const spent = flopsBefore + (rows.at(-1)?.flops ?? 0);
  const last = lossOverCompute(grown, spent - before).at(-1);
  const measured = lossOverCompute(rows, flopsBefore).slice(-window);
  if (!last || measured.length < window) throw new RangeError("a probe needs measurements before it and at its end");
  const predicted = lineThrough(measured).at(last.x);
  return { loss: last.y, predicted, grew: last.y <= predicted };
}
