// Builders of plan expressions. They check nothing: `checkPlan` checks a whole plan against the two parameter tables.
import type {
  Affine,
  AxisRef,
  Concat,
  Const,
  Copy,
  Expr,
  Fit,
  Given,
  MatMul,
  Measure,
  Normal,
  Scale,
  Steepest,
  Sum,
  Take,
  Zeros,
} from "./expr.js";

type Shape = readonly number[];

export function copy(source: string): Copy {
  return { kind: "copy", source };
}

/** @example take(copy("model.layers.0.mlp.down_proj.weight"), "intermediate", [0, 1, 0, 1], 0.5) */
export function take(of: Expr, axis: AxisRef, indices: readonly number[], scale?: Take["scale"]): Take {
  return { kind: "take", of, axis, indices, ...(scale !== undefined && { scale }) };
}

export function concat(axis: AxisRef, parts: readonly Expr[]): Concat {
  return { kind: "concat", axis, parts };
}

export function zeros(shape: Shape): Zeros {
  return { kind: "zeros", shape };
}

export function constant(shape: Shape, value: number): Const {
  return { kind: "const", shape, value };
}

/** `seed` names the random stream: two expressions with the same seed hold the same numbers. */
export function normal(shape: Shape, std: number, seed: string): Normal {
  return { kind: "normal", shape, std, seed };
}

/** The numbers that a model begins with if its parameter's stream is `seed`: for parameters that are begun anew. */
export function initial(shape: Shape, std: number, seed: string): Normal {
  return { ...normal(shape, std, seed), initial: true };
}

export function scale(of: Expr, by: number): Scale {
  return { kind: "scale", of, by };
}

export function sum(terms: readonly Expr[]): Sum {
  return { kind: "sum", terms };
}

export function affine(a: number, x: Expr, b: number, y: Expr): Affine {
  return { kind: "affine", a, x, b, y };
}

export function matmul(
  left: Expr,
  right: Expr,
  transpose: { readonly left?: boolean; readonly right?: boolean } = {},
): MatMul {
  return {
    kind: "matmul",
    left,
    right,
    ...(transpose.left && { transposeLeft: true }),
    ...(transpose.right && { transposeRight: true }),
  };
}

/** A tensor that has to be found, by `fit`, `measure` or `steepest`. */
export function given(name: string, shape: Shape, by: Given["by"]): Given {
  return { kind: "given", name, shape, by };
}

/** Found by `steps` optimizer steps on the grown model's loss, starting from `init`. Default: 100 steps, rate 1e-3. */
export function fit(
  init: Expr,
  { steps = 100, lr = 1e-3 }: { readonly steps?: number; readonly lr?: number } = {},
): Fit {
  return { kind: "fit", init, steps, lr };
}

/** Found by measuring the base while it reads `tokens` tokens. */
export function measure(what: Measure["what"], of: string, tokens: number): Measure {
  return { kind: "measure", what, of, tokens };
}

/** Found by measuring the base: columns along which the loss falls fastest. */
export function steepest(how: Omit<Steepest, "kind" | "what">): Steepest {
  return { kind: "measure", what: "steepest", ...how };
}
