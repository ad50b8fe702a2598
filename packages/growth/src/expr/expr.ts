// The language of growth plans: expressions over base tensors that define target tensors. Plain data, no tensor values.
import type { AxisName } from "@cambium/model";

/**
 * An axis of a tensor: its name in the parameter table, or the dimension's number where names do not tell dimensions
 * apart. Indices along a named axis count its units (heads, not rows); along a numbered one they count rows.
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

/** `parts` joined end to end along `axis`; their other dimensions are equal. */
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

/**
 * Entry i (row-major) is `std` times the i-th number of the stream `seed`: of its noise (`Random.noise`), or with
 * `initial` of the numbers that models begin with (`Random.normal`), which take several times as long to draw.
 */
export interface Normal {
  readonly kind: "normal";
  readonly shape: readonly number[];
  readonly std: number;
  readonly seed: string;
  readonly initial?: true;
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

/**
 * The matrix product of `left` [m, k] and `right` [k, n] or [k]. An operand marked as transposed is transposed first.
 */
export interface MatMul {
  readonly kind: "matmul";
  readonly left: Expr;
  readonly right: Expr;
  readonly transposeLeft?: boolean;
  readonly transposeRight?: boolean;
}

/** How a tensor is found: by minimising the loss of the grown model, from `init`. All fits of a plan run together. */
export interface Fit {
  readonly kind: "fit";
  readonly init: Expr;
  /**
   * Steps of AdamW (betas 0.9 and 0.95, no weight decay, joint gradient norm clipped to 1), one batch of the run each.
   */
  readonly steps: number;
  /** Learning rate, the same at every step. */
  readonly lr: number;
}

/** How a tensor is found: by measuring the base while it reads tokens. */
export interface Measure {
  readonly kind: "measure";
  /**
   * `gradient`: the gradient of the base's mean loss by the parameter `of`, in its shape. `activation`: the mean over
   * tokens of the vector [in] that the parameter `of`, a matrix [out, in], is multiplied with.
   */
  readonly what: "gradient" | "activation";
  /** Name of a base parameter. */
  readonly of: string;
  /** Tokens to measure on, in whole batches of the run. */
  readonly tokens: number;
}

/**
 * How the output columns of new neurons are found: those along which the loss falls fastest once the neurons' `up`
 * rows, which are zero, begin to move (GradMax, Evci et al. 2022, for gated MLPs). Let x be the input of `from`, and δ
 * the gradient by the output of `of`. The columns are the first left singular vectors of Σ δ (silu(gate · x) x)ᵀ over
 * all tokens.
 */
export interface Steepest {
  readonly kind: "measure";
  readonly what: "steepest";
  /** The base parameter [out, in] that gets the columns; the tensor found is [out, columns]. */
  readonly of: string;
  /** A base parameter with the input that the new neurons will have. */
  readonly from: string;
  /** The `gate` row of every new neuron: [1, in]. */
  readonly gate: Normal;
  /** The norm of each column, as a multiple of the mean norm of the columns of `of`. */
  readonly scale: number;
  readonly tokens: number;
}

/**
 * A tensor that must be found before the plan is executed. An operator only declares it. The same name means the same
 * tensor everywhere in the plan.
 */
export interface Given {
  readonly kind: "given";
  readonly name: string;
  readonly shape: readonly number[];
  readonly by: Fit | Measure | Steepest;
}

export type Expr = Copy | Take | Concat | Zeros | Const | Normal | Scale | Sum | Affine | MatMul | Given;
export type ExprKind = Expr["kind"];
