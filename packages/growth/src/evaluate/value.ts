// A compiled expression: its shape, and its rows on demand, so that no tensor has to be in memory as a whole.
import { numel } from "@cambium/ir";
import type { Typed } from "../expr/typed.js";
import type { SharedRows } from "./share.js";
import { release } from "./storage.js";

/**
 * A tensor that can be made row by row. A row is one index of the first dimension; the rows of a vector are its
 * entries.
 */
export interface Value {
  readonly shape: readonly number[];
  /** Rows `start` (inclusive) to `end` (exclusive) in fresh float64 storage that the caller may write to. */
  rows(start: number, end: number): Promise<Float64Array>;
  /** Lends the same rows to `use`, which must neither write to them nor keep them. If absent, `rows` is as cheap. */
  readonly lend?: (start: number, end: number, use: (rows: Float64Array) => void) => Promise<void>;
  /** Adds `factor` times the rows to `out`, with the same bits as adding those of `rows`. */
  readonly addTo?: (out: Float64Array, factor: number, start: number, end: number) => Promise<void>;
}

/** Calls `use` with rows of `value`, which must neither write to them nor keep them. */
export async function withRows(
  value: Pick<Value, "rows" | "lend">,
  start: number,
  end: number,
  use: (rows: Float64Array) => void,
): Promise<void> {
  if (value.lend) return value.lend(start, end, use);
  const rows = await value.rows(start, end);
  use(rows);
  release(rows);
}

/** Reads rows `start` to `end` of a tensor as fresh float64 storage, best from `storage`: it is used again. */
export type ReadRows = (name: string, start: number, end: number) => Float64Array | Promise<Float64Array>;

export interface Scope {
  /** Compiles a part. */
  readonly compile: (typed: Typed, scope: Scope) => Value;
  readonly read: ReadRows;
  /** The tensors found for `given` expressions, by name; `init` to use the starts of their searches. */
  readonly found: ReadRows | "init";
  /** Rows that more than one part of the tensor's expression reads; see `shareRows`. */
  readonly shared: SharedRows;
  /** Power of factors: 1 for values and m, 2 for v. */
  readonly power: 1 | 2;
}

/** The part of a scope that does not depend on the tensor. */
export type TensorScope = Omit<Scope, "compile" | "shared">;

/** Entries in one row of `shape`. */
export function rowLength(shape: readonly number[]): number {
  return numel(shape.slice(1));
}
