// Whether the loss has become so flat that it is time to grow (`SlopeRule`).
import { type LossRow, lineThrough, lossOverCompute } from "./loss-line.js";
import type { SlopeRule } from "./stage.js";

/** dL/d ln C through the last `window` measurements; null if there are fewer. */
export function lastSlope({ window, flopsBefore }: SlopeRule, rows: readonly LossRow[]): number | null {
  const measured = lossOverCompute(rows, flopsBefore).slice(-window);
  return measured.length < window ? null : lineThrough(measured).slope;
}

/**
 * Called after each measurement of the held-out loss. It depends on recorded rows alone, so a run that was killed
 * decides as one that was not.
 * @param rows rows of the stage so far, in order
 */
export function slopeReached({ threshold, window, least, flopsBefore }: SlopeRule, rows: readonly LossRow[]): boolean {
  const last = rows.at(-1);
  if (last?.heldOutLoss === undefined || last.tokens < least) return false;
  const measured = lossOverCompute(rows, flopsBefore);
  const isFlat = (end: number) => lineThrough(measured.slice(end - window, end)).slope >= threshold;
  const earlier = measured.flatMap((_, end) => (end < window ? [] : [isFlat(end)]));
  return measured.length > window && earlier.includes(false) && isFlat(measured.length);
}
