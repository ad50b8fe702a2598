// The lowest and the highest of any number of values: spread into arguments, a long run's are more than a call may have.

/** [lowest, highest]; [Infinity, -Infinity] of none. */
export function extent(values: Iterable<number>): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
