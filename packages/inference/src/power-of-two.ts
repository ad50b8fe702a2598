// Sizes rounded up, so that few graphs of static shape serve many lengths.

/** The smallest power of two ≥ `n` and ≥ `least`, itself one. */
export function powerOfTwo(n: number, least: number): number {
  return Math.max(least, 2 ** Math.ceil(Math.log2(n)));
}
