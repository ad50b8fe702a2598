// The shape of a GPU's tiles of a product, and what it costs a workgroup.

export interface TileShape {
  /** Rows and columns of a workgroup's tile, multiples of `rows` and `columns`. */
  readonly tileRows: number;
  readonly tileColumns: number;
  /** Steps of k staged at once, a multiple of 4. */
  readonly depth: number;
  /** Rows and columns that one invocation holds, multiples of 4. */
  readonly rows: number;
  readonly columns: number;
}

export function tileInvocations({ tileRows, tileColumns, rows, columns }: TileShape): number {
  return (tileRows / rows) * (tileColumns / columns);
}

/**
 * Fours from one step of k to the next in a strip. One is left empty, so that blocks of a column fall into different
 * memory banks.
 */
export function stripPitch(lines: number): number {
  return lines / 4 + 1;
}

export function tileWorkgroupBytes({ tileRows, tileColumns, depth }: TileShape): number {
  return 16 * depth * (stripPitch(tileRows) + stripPitch(tileColumns));
}
