// Fewer points for the same picture: the extremes of each stretch of a line stay.

/**
 * At most about `limit` of the points, in order: first and last, and of each of `limit / 2` equal runs of points the
 * lowest and the highest, so that no spike is lost.
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
