// Where the results of a product go, and how a kernel stores them there.
import { numel, type Value } from "@cambium/ir";
import type { KernelIo } from "../../wgsl/kernel.js";
import type { Product } from "./product.js";

/**
 * The place of a result, as WGSL: row and (first) column within its matrix, and the flat index (of fours, for
 * `store4`).
 */
export interface Place {
  readonly flat: string;
  readonly row: string;
  readonly column: string;
}

/** What is done with results; each is stored once. */
export interface Target {
  /** The values that storing reads. */
  readonly reads: readonly Value[];
  readonly writes: readonly Value[];
  store(io: KernelIo, place: Place, expr: string): string;
  /** Stores four neighbours of a row at once; `flat` counts fours. */
  store4(io: KernelIo, place: Place, expr: string): string;
}

/** Stores results as elements of `value` from `offset` on, which is a multiple of 4 if the number of columns is. */
export function into(value: Value, offset = 0): Target {
  const moved = (flat: string, by: number) => (by === 0 ? flat : `${flat} + ${by}u`);
  return {
    reads: [],
    writes: [value],
    store: (io, { flat }, expr) => io.store(value, moved(flat, offset), expr),
    store4: (io, { flat }, expr) => io.store4(value, moved(flat, offset / 4), expr),
  };
}

/** How many neighbours of a row are stored at once, where an invocation holds `columns` of them. */
export function storeWidth({ n }: Product, columns: number): 1 | 4 {
  return n % 4 === 0 && columns % 4 === 0 ? 4 : 1;
}

export interface Result {
  /** The number of the matrix, as WGSL; unused if there is only one. */
  readonly matrix: string;
  readonly matrices?: number;
  readonly row: string;
  readonly column: string;
  /** One name, or four names of neighbouring columns, or the name of a vec4. */
  readonly values: readonly string[] | string;
  /** Whether no result is beyond the matrix's edge. */
  readonly whole: boolean;
  /** How the numbers of rows, of columns, and of columns or fours in a row are written; literals by default. */
  readonly sizes?: { readonly m: string; readonly n: string; readonly line: string };
}

/** Statements that store results unless they are beyond the edge. */
export function storeResult(io: KernelIo, { batch, m, n }: Product, target: Target, result: Result): string {
  const { matrix, matrices = numel(batch), values } = result;
  const four = typeof values === "string" || values.length === 4;
  const sizes = result.sizes ?? { m: `${m}u`, n: `${n}u`, line: `${four ? n / 4 : n}u` };
  const line = matrices > 1 ? `(${matrix} * ${sizes.m} + row)` : "row";
  const place = { row: "row", column: "column", flat: `${line} * ${sizes.line} + column${four ? " / 4u" : ""}` };
  const stored = four
    ? target.store4(io, place, typeof values === "string" ? values : `vec4<f32>(${values.join(", ")})`)
    : target.store(io, place, values[0] as string);
  return [
    "{",
    `let row = ${result.row};`,
    `let column = ${result.column};`,
    result.whole ? stored : `if (row < ${sizes.m} && column < ${sizes.n}) {\n${stored}\n}`,
    "}",
  ].join("\n");
}
