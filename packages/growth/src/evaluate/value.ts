// A compiled expression: its shape and named dimensions, and its rows on demand, so that no tensor need be held whole.
import type { Reason } from "@cambium/ir";
import type { AxisName, ParameterSpec } from "@cambium/model";
import type { AxisRef, Expr } from "../expr/expr.js";
import type { SharedRows } from "./share.js";

/** What is known of one dimension: its axis and how many rows an index of it spans; null where nobody named it. */
export type Label = { readonly axis: AxisName; readonly unit: number } | null;

/** A tensor that can be made piecewise. A row is everything behind the first dimension; a vector's rows are its entries. */
export interface Value {
  readonly shape: readonly number[];
  readonly labels: readonly Label[];
  /** Rows `start` (inclusive) to `end` (exclusive) in fresh float64 storage that the caller may write to. */
  rows(start: number, end: number): Promise<Float64Array>;
  /** The same in storage that others read too, not to be written to. Where it is absent, `rows` is as cheap. */
  readonly lent?: Value["rows"];
  /** Adds `factor` times the rows to `out`, to the bit what adding those of `rows` would give. */
  readonly addTo?: (out: Float64Array, factor: number, start: number, end: number) => Promise<void>;
}

/** Reads rows `start` to `end` of a tensor as fresh float64 storage. */
export type ReadRows = (name: string, start: number, end: number) => Float64Array | Promise<Float64Array>;

/**
 * What an expression is evaluated as. `value`: itself. `moment`: what AdamW's moments make of it:
 * base tensors are read from the moments, factors are raised to `power`, noise and constants are zero.
 * `coefficient`: the factors of a take inside a moment, noise dropped.
 */
export type Mode = "value" | "moment" | "coefficient";

/**
 * Compiles an expression; undefined after at least one complaint, when it means nothing. `hint` names the dimensions of
 * an expression whose own parts do not: those of the tensor it stands for.
 */
export type Compile<E extends Expr = Expr> = (expr: E, scope: Scope, hint?: readonly Label[]) => Value | undefined;

export interface Scope {
  /** Compiles a part. */
  readonly compile: Compile;
  readonly base: ReadonlyMap<string, ParameterSpec>;
  readonly read: ReadRows;
  /** Fitted tensors by name; `init` evaluates each `learned` expression to where its fit starts. */
  readonly learned: ReadRows | "init";
  readonly mode: Mode;
  /** What more than one part of the tensor's expression reads, by a name of it; see `shareRows`. */
  readonly shared: SharedRows;
  /** Power of factors: 1 for values and m, 2 for v. */
  readonly power: 1 | 2;
  /** Takes note of one reason why the expression means nothing. */
  complain(reason: Reason): void;
}

/** A scope before the tensor is known. */
export type TensorScope = Omit<Scope, "compile" | "shared">;

/** Entries in one row of `shape`. */
export function rowLength(shape: readonly number[]): number {
  return shape.slice(1).reduce((product, n) => product * n, 1);
}

/** The dimension of `value` that `axis` means, and the rows of it per index; undefined after a complaint. */
export function dimensionOf(
  { shape, labels }: Pick<Value, "shape" | "labels">,
  axis: AxisRef,
  scope: Scope,
): { readonly at: number; readonly unit: number } | undefined {
  if (typeof axis === "number") {
    if (axis < shape.length) return { at: axis, unit: 1 };
    scope.complain({ message: `has no dimension ${axis}`, got: `a tensor of shape [${shape}]` });
    return undefined;
  }
  const found = labels.flatMap((label, at) => (label?.axis === axis ? [{ at, unit: label.unit }] : []));
  if (found.length === 1) return found[0];
  scope.complain({
    message: `${found.length === 0 ? "no" : "more than one"} dimension is named "${axis}"`,
    got: `[${labels.map((label, i) => label?.axis ?? `dimension ${i}`)}]`,
    hint: "name another axis, or give the dimension's number",
  });
  return undefined;
}
