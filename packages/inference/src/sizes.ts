// Rounds sizes up, so that few graphs of static shape serve many lengths.

/** The smallest power of two ≥ `n` and ≥ `least`. @param least a power of two */
export function powerOfTwo(n: number, least: number): number {
  return Math.max(least, 2 ** Math.ceil(Math.log2(n)));
}

/** The smallest size ≥ `n` and ≥ `least`, a power of two, of four per octave (64, 80, 96, 112, 128, 160, …). */
export function quarterOctave(n: number, least: number): number {
  if (n <= least) return least;
  const step = 2 ** (Math.ceil(Math.log2(n)) - 3);
  return Math.ceil(n / step) * step;
}
