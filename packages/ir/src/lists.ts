// Helpers for lists of any length. `Math.max(...list)` puts every value on the stack, which overflows at some 100,000.

/** [lowest, highest], ignoring NaN; [Infinity, -Infinity] if there are no values. */
export function extent(values: Iterable<number>): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** The least value; Infinity if there are none, NaN if one is NaN. */
export function lowest(values: Iterable<number>): number {
  let low = Number.POSITIVE_INFINITY;
  for (const value of values) low = Math.min(low, value);
  return low;
}

/** The greatest value; -Infinity if there are none, NaN if one is NaN. */
export function highest(values: Iterable<number>): number {
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) high = Math.max(high, value);
  return high;
}

/** `list.push(...more)` for any number of values. */
export function append<T>(list: T[], more: Iterable<T>): void {
  for (const one of more) list.push(one);
}

/** The square root of the sum of squares; 0 if there are no values. */
export function euclidean(values: Iterable<number>): number {
  let squares = 0;
  for (const value of values) squares += value * value;
  return Math.sqrt(squares);
}
