// Infers shapes and labels of expressions. The one place that decides whether an expression is valid; computes no
// numbers.
import type { Reason } from "@cambium/ir";
import type { ParameterSpec } from "@cambium/model";
import type { AxisRef, Expr, ExprKind, Given, Measure, Steepest, Take } from "./expr.js";
import type { Known, Label, Typed } from "./typed.js";
import { isExpr } from "./walk.js";

/**
 * What an expression stands for. `value`: the tensor itself. `moment`: AdamW's moments of it, where base tensors stand
 * for their moments, and noise and constants are zero. `coefficient`: the factors of a take inside a moment, without
 * noise.
 */
export type Mode = "value" | "moment" | "coefficient";

export interface InferScope {
  readonly base: ReadonlyMap<string, ParameterSpec>;
  readonly mode: Mode;
  /** Called with each reason why the expression is invalid. */
  complain(reason: Reason): void;
}

type Hint = readonly Label[] | undefined;
type Infer<E extends Expr> = (expr: E, scope: InferScope, hint: Hint) => Typed | undefined;

const rules: { readonly [K in ExprKind]: Infer<Extract<Expr, { kind: K }>> } = {
  copy: ({ source }, { base, mode, complain }) => {
    const spec = base.get(source);
    if (!spec) complain({ message: `reads "${source}", which the base does not have` });
    else if (mode === "coefficient") complain(noMoments(`a factor reads "${source}"; moments cannot follow that`));
    else return { kind: "source", name: source, shape: spec.shape, labels: spec.axes };
    return undefined;
  },
  zeros: ({ shape }, _, hint) => ({ kind: "fill", value: 0, ...leaf(shape, hint) }),
  const: ({ shape, value }, { mode }, hint) => {
    return { kind: "fill", value: mode === "moment" ? 0 : value, ...leaf(shape, hint) };
  },
  normal: ({ shape, ...drawn }, { mode }, hint) => {
    return mode === "value" ? { ...drawn, ...leaf(shape, hint) } : { kind: "fill", value: 0, ...leaf(shape, hint) };
  },
  given: (expr, scope, hint) => {
    const { name, by } = expr;
    if (scope.mode !== "value") {
      scope.complain(noMoments(`"${name}" is found before growth; moments cannot follow that`));
      return undefined;
    }
    const start = by.kind === "fit" ? infer(by.init, scope, hint) : measured(expr, by, scope, hint);
    if (start && `${start.shape}` !== `${expr.shape}`) {
      const [expected, got] = [`[${expr.shape}]`, `[${start.shape}]`];
      const what = by.kind === "fit" ? "the start of" : "what is measured for";
      scope.complain({ message: `${what} "${name}" does not fit it`, expected, got });
    }
    return start && { kind: "given", name, by, start, shape: start.shape, labels: start.labels };
  },
  scale: ({ of, by }, scope, hint) => linear([of], [by], scope, hint),
  sum: ({ terms }, scope, hint) => {
    const ones = terms.map(() => 1);
    return linear(terms, ones, scope, hint);
  },
  affine: ({ a, x, b, y }, scope, hint) => linear([x, y], [a, b], scope, hint),
  take: (expr, scope, hint) => {
    const of = infer(expr.of, scope, hint);
    const dimension = of && dimensionOf(of, expr.axis, scope);
    if (!of || !dimension) return undefined;
    const { at, unit } = dimension;
    const { indices, scale } = expr;
    const size = (of.shape[at] as number) / unit;
    const outside = indices.find((index) => index < -1 || index >= size || !Number.isInteger(index));
    if (outside !== undefined) {
      const message = `index out of range on axis "${expr.axis}"`;
      scope.complain({ message, expected: `-1 to ${size - 1}`, got: `${outside}` });
      return undefined;
    }
    const factors = factorsOf(expr, scope);
    if (factors === null) return undefined;
    const shape = of.shape.with(at, indices.length * unit);
    const taken = { kind: "take", of, at, unit, indices, factors, shape, labels: of.labels } as const;
    if (!isExpr(scale)) return { ...taken, elements: undefined };
    const elements = elementsOf(taken, scale, scope);
    return elements && { ...taken, elements };
  },
  concat: (expr, scope, hint) => {
    const parts = expr.parts.map((part) => infer(part, scope, hint));
    if (!parts.every((part) => part !== undefined)) return undefined;
    const [first] = parts as [Typed];
    const labels = first.labels.map((_, i) => parts.find((part) => part.labels[i])?.labels[i] ?? null);
    const dimension = dimensionOf({ shape: first.shape, labels }, expr.axis, scope);
    if (!dimension) return undefined;
    const { at } = dimension;
    const rest = (shape: readonly number[]) => `${shape.map((n, i) => (i === at ? "·" : n))}`;
    const misfit = parts.find(({ shape }) => rest(shape) !== rest(first.shape));
    if (misfit) {
      const [expected, got] = [`[${rest(first.shape)}]`, `[${rest(misfit.shape)}]`];
      scope.complain({ message: `parts joined along "${expr.axis}" differ elsewhere`, expected, got });
      return undefined;
    }
    const size = parts.reduce((total, { shape }) => total + (shape[at] as number), 0);
    return { kind: "concat", parts, at, shape: first.shape.with(at, size), labels };
  },
  matmul: (expr, scope, hint) => {
    if (scope.mode !== "value") {
      scope.complain(noMoments("a matrix product has no moments in closed form"));
      return undefined;
    }
    const { transposeLeft = false, transposeRight = false } = expr;
    const [out, across] = hint ?? [];
    const left = infer(expr.left, scope, turned([out ?? null, null], transposeLeft));
    const right = infer(expr.right, scope, turned([null, across ?? null], transposeRight));
    if (!left || !right) return undefined;
    const [a, b] = [operand(left, transposeLeft), operand(right, transposeRight)];
    if (a.shape.length !== 2 || b.shape.length > 2 || a.shape[1] !== b.shape[0]) {
      const [expected, got] = ["[m, k] · [k, n] or [k]", `[${a.shape}] · [${b.shape}]`];
      scope.complain({ message: "factors of a matrix product do not fit", expected, got });
      return undefined;
    }
    const shape = [a.shape[0] as number, ...b.shape.slice(1)];
    const labels = [a.labels[0] ?? null, ...b.labels.slice(1)];
    return { kind: "matmul", left, right, transposeLeft, transposeRight, shape, labels };
  },
};

/**
 * `expr` with its shapes and labels; undefined after at least one complaint. `hint` has the labels of the tensor that
 * the expression stands for, used where the expression's own parts have none.
 */
export function infer(expr: Expr, scope: InferScope, hint?: readonly Label[]): Typed | undefined {
  return (rules[expr.kind] as Infer<Expr>)(expr, scope, hint);
}

/** `infer` for an expression that must have the shape of `spec`; undefined after at least one complaint. */
export function inferTensor(spec: ParameterSpec, expr: Expr, scope: InferScope): Typed | undefined {
  const typed = infer(expr, scope, spec.axes);
  if (!typed || `${typed.shape}` === `${spec.shape}`) return typed;
  scope.complain({ message: "has the wrong shape", expected: `[${spec.shape}]`, got: `[${typed.shape}]` });
  return undefined;
}

/**
 * The start of a measured tensor: zeros in the shape of the measurement, or random columns for `steepest`, which
 * measures only directions.
 */
function measured(
  { name, shape }: Given,
  by: Measure | Steepest,
  { base, complain }: InferScope,
  hint: Hint,
): Typed | undefined {
  const { what, of } = by;
  const spec = base.get(of);
  if (what === "steepest") {
    const reader = base.get(by.from);
    const fits = spec?.shape.length === 2 && reader?.shape.length === 2 && reader.shape[1] === by.gate.shape[1];
    const [rows = 0, columns = 0] = shape;
    if (fits && rows === spec.shape[0] && columns <= Math.min(rows, reader.shape[1] as number))
      return { kind: "normal", std: by.scale / Math.sqrt(rows), seed: name, ...leaf(shape, hint) };
    const message = `"${name}" measures columns that do not fit "${of}", or more of them than there are directions`;
    complain({ message, got: `[${shape}], a gate [${by.gate.shape}]` });
  } else if (!spec) complain({ message: `"${name}" measures "${of}", which the base does not have` });
  else if (what === "activation" && spec.shape.length !== 2)
    complain({ message: `"${name}" measures the input of "${of}", which is not a matrix` });
  else if (what === "activation") return { kind: "fill", value: 0, ...leaf(spec.shape.slice(1), hint) };
  else return { kind: "fill", value: 0, shape: spec.shape, labels: spec.axes };
  return undefined;
}

function noMoments(message: string): Reason {
  return { message, hint: "give a moment rule of its own" };
}

function leaf(shape: readonly number[], hint: Hint): Known {
  return { shape, labels: shape.map((_, i) => (hint?.length === shape.length ? (hint[i] ?? null) : null)) };
}

function linear(exprs: readonly Expr[], factors: readonly number[], scope: InferScope, hint: Hint): Typed | undefined {
  const terms = exprs.map((expr) => infer(expr, scope, hint));
  if (!terms.every((term) => term !== undefined)) return undefined;
  const [first, ...rest] = terms as [Typed, ...Typed[]];
  const misfit = rest.find(({ shape }) => `${shape}` !== `${first.shape}`);
  if (misfit) {
    const [expected, got] = [`[${first.shape}]`, `[${misfit.shape}]`];
    scope.complain({ message: "terms of a sum differ in shape", expected, got });
    return undefined;
  }
  const labels = first.labels.map((label, i) => label ?? rest.find(({ labels }) => labels[i])?.labels[i] ?? null);
  return { kind: "linear", terms, factors, shape: first.shape, labels };
}

/** The factors, one per index; undefined without any, null after a complaint. */
function factorsOf({ scale, indices, axis }: Take, scope: InferScope): readonly number[] | undefined | null {
  if (scale === undefined || isExpr(scale)) return undefined;
  const list = typeof scale === "number" ? Array<number>(indices.length).fill(scale) : scale;
  if (list.length === indices.length) return list;
  const message = `factors do not match the indices of axis "${axis}"`;
  scope.complain({ message, expected: `${indices.length}`, got: `${list.length}` });
  return null;
}

/** The factor of each entry of a take. */
function elementsOf({ shape, labels }: Known, scale: Expr, scope: InferScope): Typed | undefined {
  const mode = scope.mode === "value" ? "value" : "coefficient";
  const elements = infer(scale, { ...scope, mode }, labels);
  if (!elements || `${elements.shape}` === `${shape}`) return elements;
  const message = "a factor per element does not fit the take";
  scope.complain({ message, expected: `[${shape}]`, got: `[${elements.shape}]` });
  return undefined;
}

function turned(labels: readonly Label[], transposed: boolean): readonly Label[] {
  return transposed ? labels.toReversed() : labels;
}

/** An operand of a product after its transposition; only matrices are transposed. */
function operand({ shape, labels }: Known, transposed: boolean): Known {
  if (!transposed || shape.length !== 2) return { shape, labels };
  return { shape: shape.toReversed(), labels: labels.toReversed() };
}

/** The dimension that `axis` refers to, and its rows per index; undefined after a complaint. */
function dimensionOf(
  { shape, labels }: Known,
  axis: AxisRef,
  scope: InferScope,
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
