// How a GPU's workgroup is laid out over attention: a block of rows of one head goes through the other side in tiles.
import type { DeviceTraits } from "../../../lower/traits.js";
import { range } from "../../range.js";
import type { AttentionSizes } from "../node.js";

/** Threads along the columns of a score tile; each holds the columns `cx`, `cx + 16`. */
export const across = 16;
/** Score columns per thread. */
export const held = 2;
/** The four-element groups of headDim that are staged at once for a score tile. */
export const staged = 8;
/** Groups from one row of a staged tile to the next: one stays empty, so that rows fall into different memory banks. */
export const stride = staged + 1;

/** Indices of the score columns of a thread. */
export const heldColumns = range(held);

/** A thread's `j`-th column and `i`-th row of a score tile. */
export const tileColumn = (j: number) => `(cx + ${j * across}u)`;
export const tileRow = (i: number) => `(ry * 4u + ${i}u)`;

/** All pairs of a thread's rows and columns. */
export const heldPairs = range(4).flatMap((i) => heldColumns.map((j) => [i, j] as const));

export interface Tiling {
  /** Rows of a block and columns of a tile. */
  readonly rows: number;
  readonly columns: number;
  readonly threads: number;
  /** Four-element groups of headDim: in all, and in a tile that sums are taken over. */
  readonly groups: number;
  readonly wide: number;
  /** Tiles of `wide` groups, and of `staged` ones. */
  readonly wideTiles: number;
  readonly stagedTiles: number;
  /** Rows of a sum that a thread holds, one group wide. */
  readonly summed: number;
  /** Neighbours in a row of threads whose shares are joined by shuffles; 1 where there are no shuffles. */
  readonly shuffled: number;
}

export function tilingOf({ headDim, context }: AttentionSizes, traits: DeviceTraits): Tiling {
  const large = traits.maxInvocations >= 256 && traits.maxWorkgroupBytes >= 32_768;
  const rows = large && context > 32 ? 64 : 32;
  const groups = Math.ceil(headDim / 4);
  const wide = groups <= 4 ? 4 : groups <= 8 || !large ? 8 : 16;
  return {
    rows,
    columns: across * held,
    threads: (rows / 4) * across,
    groups,
    wide,
    wideTiles: Math.ceil(groups / wide),
    stagedTiles: Math.ceil(groups / staged),
    summed: wide / 4,
    shuffled: traits.subgroupSize < 4 ? 1 : Math.min(across, traits.subgroupSize),
  };
}
