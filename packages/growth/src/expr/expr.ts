// The language of growth plans: what a target tensor is, as an expression over base tensors. Plain data, no numbers.
import type { AxisName } from "@cambium/model";

/**
 * An axis of a tensor: its name in the parameter table, or, where names do not tell dimensions apart, the dimension's
 * number. Indices of a named axis count its units (heads, not rows); indices of a numbered one count rows.
 */
export type AxisRef = AxisName | number;

/** The base tensor of that name, unchanged. */
export interface Copy {
  readonly kind: "copy";
  readonly source: string;
}

/**
 * Slices of `of` along `axis`, in the order of `indices`; index −1 is a slice of zeros. `scale` multiplies the result:
 * a number, one number per index, or an expression of the result's own shape.
 */
export interface Take {
  readonly kind: "take";
  readonly of: Expr;
  readonly axis: AxisRef;
  readonly indices: readonly number[];
  readonly scale?: number | readonly number[] | Expr;
}

/** `parts` one after the other along `axis`; their other dimensions are equal. */
export interface Concat {
  readonly kind: "concat";
  readonly axis: AxisRef;
  readonly parts: readonly Expr[];
}

export interface Zeros {
  readonly kind: "zeros";
  readonly shape: readonly number[];
}

/** Every entry is `value`. */
export interface Const {
  readonly kind: "const";
  readonly shape: readonly number[];
  readonly value: number;
}

/** Entry i (row-major) is `std` times the i-th normal number of the random stream named `seed`. */
export interface Normal {
  readonly kind: "normal";
  readonly shape: readonly number[];
  readonly std: number;
  readonly seed: string;
}

/** `by` · `of`. */
export interface Scale {
  readonly kind: "scale";
  readonly of: Expr;
  readonly by: number;
}

/** The sum of `terms`, all of one shape. */
export interface Sum {
  readonly kind: "sum";
  readonly terms: readonly Expr[];
}

/** `a` · `x` + `b` · `y`. */
export interface Affine {
  readonly kind: "affine";
  readonly a: number;
  readonly x: Expr;
  readonly b: number;
  readonly y: Expr;
}

/** The matrix product of `left` [m, k] and `right` [k, n] or [k], each transposed first where it says so. */
export interface MatMul {
  readonly kind: "matmul";
  readonly left: Expr;
  readonly right: Expr;
  readonly transposeLeft?: boolean;
  readonly transposeRight?: boolean;
}

/** How a tensor is found: by lowering the loss of the grown model, from `init` on. All fits of a plan go on together. */
export interface Fit {
  readonly kind: "fit";
  readonly init: Expr;
  /** Steps of AdamW (betas 0.9 and 0.95, no weight decay, joint gradient norm clipped to 1), a batch of the run's each. */
  readonly steps: number;
  /** Learning rate, the same at every step. */
  readonly lr: number;
}

/** How a tensor is found: by looking at what the base does while it reads. */
export interface Measure {
  readonly kind: "measure";
  /**
   * `gradient`: of the base's mean loss by the parameter `of`, in its shape. `activation`: the mean over tokens of what the
   * parameter `of`, a matrix [out, in], is multiplied with: [in].
   */
  readonly what: "gradient" | "activation";
  /** Name of a base parameter. */
  readonly of: string;
  /** Tokens to look at, in whole batches of the run's. */
  readonly tokens: number;
}

/**
 * How columns of new neurons are found: those along which the loss falls fastest once the neurons' `up` rows, which are
 * zero, begin to move (GradMax, Evci et al. 2022, for gated MLPs). With x what `from` reads and δ the gradient by what `of`
 * writes, they are the first left singular vectors of Σ δ (silu(gate · x) x)ᵀ over all tokens.
 */
export interface Steepest {
  readonly kind: "measure";
  readonly what: "steepest";
  /** A base parameter [out, in] whose further columns these are: given [out, columns]. */
  readonly of: string;
  /** A base parameter that reads what the new neurons will read. */
  readonly from: string;
  /** The row that every new neuron is gated by: [1, in]. */
  readonly gate: Normal;
  /** The norm of each column, times the mean norm of the columns of `of`. */
  readonly scale: number;
  readonly tokens: number;
}

/**
 * A tensor that must be found before the plan is carried out. An operator only declares it; the same name stands for the
 * same tensor wherever it is used.
 */
export interface Given {
  readonly kind: "given";
  readonly name: string;
  readonly shape: readonly number[];
  readonly by: Fit | Measure | Steepest;
}

export type Expr = Copy | Take | Concat | Zeros | Const | Normal | Scale | Sum | Affine | MatMul | Given;
export type ExprKind = Expr["kind"];
