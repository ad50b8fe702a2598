// Whether the loss has become so flat that it is time to grow (`SlopeRule`).
import type { MetricsRow } from "@cambium/train";
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
  const measured = rows.flatMap(({ flops, heldOutLoss }) =>
    heldOutLoss === undefined ? [] : [{ x: Math.log(flopsBefore + flops), y: heldOutLoss }],
  );
  const isFlat = (end: number) => slope(measured.slice(end - window, end)) >= threshold;
  const earlier = measured.flatMap((_, end) => (end < window ? [] : [isFlat(end)]));
  return measured.length > window && earlier.includes(false) && isFlat(measured.length);
}

/** Of the least-squares line. */
function slope(points: readonly { readonly x: number; readonly y: number }[]): number {
  const mean = (of: "x" | "y") => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x, y] = [mean("x"), mean("y")];
  const above = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0);
  return above / points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
}
