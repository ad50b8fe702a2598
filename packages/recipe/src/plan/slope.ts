// Whether the loss has become so flat that it is time to grow (`SlopeRule`).
import type { MetricsRow } from "@cambium/train";
import { lineThrough, lossOverCompute } from "./loss-line.js";
import type { SlopeRule } from "./stage.js";

/**
 * Asked after each measurement of the held-out loss: it depends on recorded rows alone, so a run that was killed decides
 * as one that was not.
 * @param rows the stage's so far, in order
 */
export function slopeReached(
  { threshold, window, least, flopsBefore }: SlopeRule,
  rows: readonly Pick<MetricsRow, "tokens" | "flops" | "heldOutLoss">[],
): boolean {
  const last = rows.at(-1);
  if (last?.heldOutLoss === undefined || last.tokens < least) return false;
  const measured = lossOverCompute(rows, flopsBefore);
  const isFlat = (end: number) => lineThrough(measured.slice(end - window, end)).slope >= threshold;
  const earlier = measured.flatMap((_, end) => (end < window ? [] : [isFlat(end)]));
  return measured.length > window && earlier.includes(false) && isFlat(measured.length);
}
