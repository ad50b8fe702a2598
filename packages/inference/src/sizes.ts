// Rounds sizes up, so that few graphs of static shape serve many lengths.

/** The smallest power of two ≥ `n` and ≥ `least`. @param least a power of two */
export function powerOfTwo(n: number, least: number): number {
  return Math.max(least, 2 ** Math.ceil(Math.log2(n)));
}

/**
 * The smallest size ≥ `n` and ≥ `least` of `steps` per octave (of four: 64, 80, 96, 112, 128, 160, …); `steps` and
 * `least` are powers of two.
 */
export function octaveStep(n: number, least: number, steps: number): number {
  if (n <= least) return least;
  const step = Math.max(1, 2 ** (Math.ceil(Math.log2(n)) - 1) / steps);
  return Math.ceil(n / step) * step;
}
