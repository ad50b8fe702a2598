// How attention is cut into workgroups: each takes a block of neighbouring rows of one head of one sequence.
import { spread, type Triple } from "../../wgsl/kernel.js";
import type { AttentionSizes } from "./node.js";

export interface TaskOptions {
  /**
   * What the rows of a block are: queries of a head, or keys and values of a key/value head. Names the WGSL variable.
   */
  readonly over: "head" | "kvHead";
  /** Rows of a block. */
  readonly rows: number;
  /** The last blocks go first: late queries meet the most keys, so they should not begin last. */
  readonly lateFirst?: boolean;
}

/** Workgroups, and the statements that define `batch`, `head` (or `kvHead`) and `first`, the block's first row. */
export function tasksOf(
  { batch, context, heads, kvHeads }: AttentionSizes,
  { over, rows, lateFirst = false }: TaskOptions,
): { readonly groups: Triple; readonly header: readonly string[] } {
  const count = over === "head" ? heads : kvHeads;
  const blocks = Math.ceil(context / rows);
  const { groups, linear } = spread(batch * count * blocks);
  const block = lateFirst ? `(${blocks - 1}u - task % ${blocks}u)` : `(task % ${blocks}u)`;
  return {
    groups,
    header: [
      `let task = ${linear};`,
      `if (task >= ${batch * count * blocks}u) { return; }`,
      `let first = ${block} * ${rows}u;`,
      `let ${over} = task / ${blocks}u % ${count}u;`,
      `let batch = task / ${blocks * count}u;`,
    ],
  };
}
