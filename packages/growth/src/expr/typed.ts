// Typed expressions: plan expressions with their shapes, named dimensions, and the dimensions that takes and joins act
// on. The interpreters (host rows, IR graph) read this form, which exists only for valid expressions.
import type { AxisName } from "@cambium/model";
import type { Given } from "./expr.js";

/** The axis of one dimension and how many rows an index of it spans; null if nothing names the dimension. */
export type Label = { readonly axis: AxisName; readonly unit: number } | null;

export interface Known {
  readonly shape: readonly number[];
  readonly labels: readonly Label[];
}

/** A base tensor; in a moment, the base's moment of that name. */
export interface TypedSource extends Known {
  readonly kind: "source";
  readonly name: string;
}

/** Every entry is `value`. */
export interface TypedFill extends Known {
  readonly kind: "fill";
  readonly value: number;
}

/** Entry i (row-major) is `std` times the i-th number of the stream `seed`, as {@link Normal} says. */
export interface TypedNormal extends Known {
  readonly kind: "normal";
  readonly std: number;
  readonly seed: string;
  readonly initial?: true;
}

/** A tensor found before the plan is executed. `start` is where its fit starts, or the stand-in for a measurement. */
export interface TypedGiven extends Known {
  readonly kind: "given";
  readonly name: string;
  readonly by: Given["by"];
  readonly start: Typed;
}

/** Slices of dimension `at`. An index spans `unit` of its entries; −1 is a slice of zeros. */
export interface TypedTake extends Known {
  readonly kind: "take";
  readonly of: Typed;
  readonly at: number;
  readonly unit: number;
  readonly indices: readonly number[];
  /** One per index. */
  readonly factors: readonly number[] | undefined;
  /** One per entry of the result. */
  readonly elements: Typed | undefined;
}

/** Parts joined end to end along dimension `at`. */
export interface TypedConcat extends Known {
  readonly kind: "concat";
  readonly parts: readonly Typed[];
  readonly at: number;
}

/** Σ factor · term: scale, sum and affine. */
export interface TypedLinear extends Known {
  readonly kind: "linear";
  readonly terms: readonly Typed[];
  readonly factors: readonly number[];
}

/** `left` [m, k] times `right` [k, n] or [k]. An operand marked as transposed is transposed first. */
export interface TypedMatMul extends Known {
  readonly kind: "matmul";
  readonly left: Typed;
  readonly right: Typed;
  readonly transposeLeft: boolean;
  readonly transposeRight: boolean;
}

export type Typed =
  | TypedSource
  | TypedFill
  | TypedNormal
  | TypedGiven
  | TypedTake
  | TypedConcat
  | TypedLinear
  | TypedMatMul;

export type TypedKind = Typed["kind"];

/** One rule for each kind of typed expression: the compiler refuses a table that misses one. */
export type TypedRules<Scope, Result> = {
  readonly [K in TypedKind]: (typed: Extract<Typed, { kind: K }>, scope: Scope) => Result;
};

/** Applies the rule for the kind of `typed`. */
export function interpret<Scope, Result>(rules: TypedRules<Scope, Result>, typed: Typed, scope: Scope): Result {
  return (rules[typed.kind] as (typed: Typed, scope: Scope) => Result)(typed, scope);
}
