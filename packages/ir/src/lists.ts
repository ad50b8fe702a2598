// Lists of any length: spread into the arguments of a call, a hundred thousand values are more than a stack may hold.

/** [lowest, highest], NaN left out; [Infinity, -Infinity] of none. */
export function extent(values: Iterable<number>): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** Infinity of none, NaN where one is NaN. */
export function lowest(values: Iterable<number>): number {
  let low = Number.POSITIVE_INFINITY;
  for (const value of values) low = Math.min(low, value);
  return low;
}

/** -Infinity of none, NaN where one is NaN. */
export function highest(values: Iterable<number>): number {
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) high = Math.max(high, value);
  return high;
}

/** Puts `more` behind what `list` holds. */
export function append<T>(list: T[], more: Iterable<T>): void {
  for (const one of more) list.push(one);
}

/** The square root of the sum of squares; 0 of none. */
export function euclidean(values: Iterable<number>): number {
  let squares = 0;
  for (const value of values) squares += value * value;
  return Math.sqrt(squares);
}
