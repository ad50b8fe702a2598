// Rows of one head in memory, as a GPU's kernels read and store them: in four-element groups of headDim.
import { numel, type Value } from "@cambium/ir";
import type { KernelIo } from "../../../wgsl/kernel.js";
import { range } from "../../range.js";
import { type AttentionSizes, keyRow, queryRow } from "../node.js";

/** The rows of a tensor [batch, context, heads, headDim] that belong to one head. */
export interface HeadRows {
  readonly value: Value;
  /** A row's number in the tensor, given its position. */
  row(position: string): string;
}

/** Rows of query heads and of key/value head `kvHead`, with `batch` and `head` in scope. */
export function rowsOf(sizes: AttentionSizes, kvHead: string) {
  return {
    ofHead: (value: Value): HeadRows => ({ value, row: (t) => queryRow(sizes, t) }),
    ofGroup: (value: Value): HeadRows => ({ value, row: (t) => keyRow(sizes, t, kvHead) }),
  };
}

/** Elements 4·`group` … of the row at `t`, clamped to the last row; zeros beyond headDim. */
export function readGroup(
  io: KernelIo,
  sizes: AttentionSizes,
  { value, row }: HeadRows,
  t: string,
  group: string,
): string {
  const { headDim, context } = sizes;
  const groups = Math.ceil(headDim / 4);
  const at = row(`min(${t}, ${context - 1}u)`);
  if (isByFour(sizes, value)) {
    const whole = io.load4(value, `(${at}) * ${groups}u + min(${group}, ${groups - 1}u)`);
    return `select(vec4f(), ${whole}, ${group} < ${groups}u)`;
  }
  const elements = range(4).map((i) => {
    const d = `4u * ${group} + ${i}u`;
    return `select(0f, ${io.load(value, `(${at}) * ${headDim}u + min(${d}, ${headDim - 1}u)`)}, ${d} < ${headDim}u)`;
  });
  return `vec4f(${elements.join(", ")})`;
}

/**
 * Statements that store the vec4 `expr` as elements 4·`group` … of the row at `t`, as far as they are within headDim.
 */
export function storeGroup(
  io: KernelIo,
  sizes: AttentionSizes,
  { value, row }: HeadRows,
  { t, group, expr }: { readonly t: string; readonly group: string; readonly expr: string },
): string[] {
  const { headDim } = sizes;
  const groups = Math.ceil(headDim / 4);
  if (isByFour(sizes, value)) {
    const store = io.store4(value, `(${row(t)}) * ${groups}u + ${group}`, expr);
    return [`if (${group} < ${groups}u) { ${store} }`];
  }
  return range(4).map((i) => {
    const d = `(4u * ${group} + ${i}u)`;
    return `if (${d} < ${headDim}u) { ${io.store(value, `(${row(t)}) * ${headDim}u + ${d}`, `${expr}[${i}]`)} }`;
  });
}

function isByFour({ headDim }: AttentionSizes, { type }: Value): boolean {
  return headDim % 4 === 0 && numel(type.shape) % 4 === 0;
}
