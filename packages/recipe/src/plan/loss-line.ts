// The held-out loss over the logarithm of training compute, and the straight line through some of it.
import type { MetricsRow } from "@cambium/train";

/** The parts of a metrics row that decisions are made from. */
export type LossRow = Pick<MetricsRow, "tokens" | "flops" | "heldOutLoss">;

export interface Point {
  /** ln C, with C the training FLOPs of the arm so far. */
  readonly x: number;
  /** Held-out loss, nats per token. */
  readonly y: number;
}

/** The rows on which the held-out loss was measured. */
export function lossOverCompute(rows: readonly LossRow[], flopsBefore: number): Point[] {
  return rows.flatMap(({ flops, heldOutLoss }) =>
    heldOutLoss === undefined ? [] : [{ x: Math.log(flopsBefore + flops), y: heldOutLoss }],
  );
}

/** The least-squares line. */
export function lineThrough(points: readonly Point[]): { readonly slope: number; at(x: number): number } {
  const mean = (of: keyof Point) => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x, y] = [mean("x"), mean("y")];
  const above = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0);
  const slope = above / points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
  return { slope, at: (given) => y + slope * (given - x) };
}
