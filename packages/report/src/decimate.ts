// Thins a line's points for drawing, keeping the extremes of each stretch.

/**
 * At most `limit` (≥ 4) of the points, in order: the first, the last, and the lowest and highest of each of about
 * `limit / 2` equal runs, so that no spike is lost.
 */
export function decimate<P>(points: readonly P[], height: (point: P) => number, limit: number): P[] {
  if (points.length <= limit) return [...points];
  const runs = Math.max(1, Math.floor((limit - 2) / 2));
  const keep = new Set([0, points.length - 1]);
  for (let run = 0; run < runs; run++) {
    const [start, end] = [Math.floor((run * points.length) / runs), Math.floor(((run + 1) * points.length) / runs)];
    let [low, high] = [start, start];
    for (let i = start; i < end; i++) {
      if (height(points[i] as P) < height(points[low] as P)) low = i;
      if (height(points[i] as P) > height(points[high] as P)) high = i;
    }
    keep.add(low).add(high);
  }
  return [...keep].sort((a, b) => a - b).map((i) => points[i] as P);
}
