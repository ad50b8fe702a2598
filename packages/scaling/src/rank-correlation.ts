// Spearman's rank correlation, ties included.

/**
 * Spearman's ρ of paired values: Pearson's correlation of their ranks; ties share the mean of their ranks.
 * @returns ρ in [−1, 1]; null for fewer than three pairs or if one side is constant
 */
export function rankCorrelation(pairs: readonly (readonly [number, number])[]): number | null {
  if (pairs.length < 3) return null;
  const [x, y] = [ranks(pairs.map(([a]) => a)), ranks(pairs.map(([, b]) => b))];
  const scale = Math.sqrt(dot(x, x) * dot(y, y));
  return scale === 0 ? null : dot(x, y) / scale;
}

/** Ranks minus their mean. */
function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const above = values.filter((other) => other > value).length;
    return (below - above) / 2;
  });
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}
