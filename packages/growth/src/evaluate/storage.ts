// Float64 storage that is used again. Rows are made a block at a time, and each step of an expression takes as much as
// for the block before: fresh memory would have to be zeroed and collected for each.

/** How many numbers are kept: 8 MiB. */
const MOST = 1 << 20;

/** By length; those released last stand last. */
const free = new Map<number, Float64Array[]>();
let kept = 0;

/** Storage for `length` numbers, which may hold any. */
export function storage(length: number): Float64Array {
  const used = free.get(length)?.pop();
  if (used) kept -= length;
  return used ?? new Float64Array(length);
}

/** Takes back storage, which nothing may read or write any more. */
export function release(rows: Float64Array): void {
  const { length, byteLength, buffer } = rows;
  // A part of something else is not ours to give away.
  if (length === 0 || length > MOST || byteLength < buffer.byteLength) return;
  const alike = free.get(length) ?? [];
  alike.push(rows);
  free.delete(length);
  free.set(length, alike);
  kept += length;
  for (const [oldest, all] of free) {
    if (kept <= MOST) break;
    kept -= oldest * all.length;
    free.delete(oldest);
  }
}
