// A compiled expression: its shape, and its rows on demand, so that no tensor need be held whole.
import type { Typed } from "../expr/typed.js";
import type { SharedRows } from "./share.js";

/** A tensor that can be made piecewise. A row is everything behind the first dimension; a vector's rows are its entries. */
export interface Value {
  readonly shape: readonly number[];
  /** Rows `start` (inclusive) to `end` (exclusive) in fresh float64 storage that the caller may write to. */
  rows(start: number, end: number): Promise<Float64Array>;
  /** The same in storage that others read too, not to be written to. Where it is absent, `rows` is as cheap. */
  readonly lent?: Value["rows"];
  /** Adds `factor` times the rows to `out`, to the bit what adding those of `rows` would give. */
  readonly addTo?: (out: Float64Array, factor: number, start: number, end: number) => Promise<void>;
}

/** Reads rows `start` to `end` of a tensor as fresh float64 storage. */
export type ReadRows = (name: string, start: number, end: number) => Float64Array | Promise<Float64Array>;

export interface Scope {
  /** Compiles a part. */
  readonly compile: (typed: Typed, scope: Scope) => Value;
  readonly read: ReadRows;
  /** Fitted tensors by name; `init` evaluates each `given` expression to where its fit starts. */
  readonly found: ReadRows | "init";
  /** What more than one part of the tensor's expression reads, by a name of it; see `shareRows`. */
  readonly shared: SharedRows;
  /** Power of factors: 1 for values and m, 2 for v. */
  readonly power: 1 | 2;
}

/** A scope before the tensor is known. */
export type TensorScope = Omit<Scope, "compile" | "shared">;

/** Entries in one row of `shape`. */
export function rowLength(shape: readonly number[]): number {
  return shape.slice(1).reduce((product, n) => product * n, 1);
}
