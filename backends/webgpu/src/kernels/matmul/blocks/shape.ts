// The shape of a software adapter's blocks of a product, and how lanes share one.

export interface BlockShape {
  /** The lanes of a quad work on one block of 4·rows × 4·columns; else each lane has a block of its own. */
  readonly quad: boolean;
  /** Rows and columns that an invocation reads for each k. */
  readonly rows: number;
  readonly columns: number;
  /** Steps of k in one iteration of the loop; sums carried between iterations are written once for all of them. */
  readonly depth: number;
}

export function lanesOf({ quad }: BlockShape): 1 | 4 {
  return quad ? 4 : 1;
}

/** Whether rows of a are swapped around a quad; else columns of b are. The fewer travel. */
export function swapsA({ rows, columns }: BlockShape): boolean {
  return rows <= columns;
}

/** The functions that fetch a value from lane x ^ 1, x ^ 2 and x ^ 3 of a quad, by number. */
export const swaps = ["", "quadSwapX", "quadSwapY", "quadSwapDiagonal"];

/**
 * Line `i` of those that a lane holds, relative to the block's first: fours of neighbours, a four to each lane in turn.
 */
export function lineOf(i: number, count: number, lanes: number, lane: string): string {
  if (lanes === 1) return `${i}u`;
  const four = Math.min(4, count);
  const fixed = Math.floor(i / four) * four * lanes + (i % four);
  return fixed === 0 ? `${four}u * ${lane}` : `${four}u * ${lane} + ${fixed}u`;
}

/** `lineOf` where `i` is an expression. */
export function lineAt(i: string, count: number, lanes: number, lane: string): string {
  if (lanes === 1) return i;
  const four = Math.min(4, count);
  const within = count > four ? `(${i}) / ${four}u * ${four * lanes}u + (${i}) % ${four}u` : i;
  return `${four}u * ${lane} + ${within}`;
}
