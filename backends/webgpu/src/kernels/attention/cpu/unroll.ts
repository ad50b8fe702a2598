// How far attention is unrolled on software adapters. Measured on SwiftShader: any load costs about 11 ns for its four
// lanes, whatever their addresses; a broadcast 1.5 ns, a multiply-add 0.6 ns, one that updates a variable 2 ns. Each
// multiply-add in the code costs 0.3 ms to build.
import type { AttentionSizes } from "../node.js";

/** Four invocations are the lanes of one SIMD register. */
export const simdLanes = 4;

export interface Unroll {
  /** Rows that an invocation holds. */
  readonly rows: number;
  /**
   * Rows of the other side in one iteration of the loop; sums carried between iterations are written once for them all.
   */
  readonly steps: number;
}

/** Limit of rows · steps · headDim, the number of products of one sum in the unrolled loop. */
const mostProducts = 128;

/** Short sequences have less time to recover the cost of building, so they get half as many products. */
export function unrolled({ headDim, context }: AttentionSizes): Unroll {
  const most = context > 64 ? mostProducts : mostProducts / 2;
  const rows = context > 64 && headDim * 4 <= most ? 4 : headDim * 2 <= most ? 2 : 1;
  return { rows, steps: headDim * rows * 2 <= most ? 2 : 1 };
}
