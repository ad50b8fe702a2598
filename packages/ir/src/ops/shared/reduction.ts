// What the reductions share: their attributes, output type and loop.
import type { TensorType } from "../../dtype.js";
import { CambiumError } from "../../errors.js";
import type { RefTensor } from "../../ref-tensor.js";
import { normalizeAxis, numel, strides } from "../../shape.js";
import { offset, requireDType } from "./elementwise.js";

export interface Reduction {
  /** The axes that are reduced; negative ones count from the end. */
  readonly axes: readonly number[];
  /** Keep reduced axes with size 1. */
  readonly keepDims: boolean;
}

export function reductionAttrs(given: { axes: readonly number[]; keepDims?: boolean }): Reduction {
  return { keepDims: false, ...given };
}

export function reductionType(x: TensorType, { axes, keepDims }: Reduction): TensorType {
  requireDType([x], "f32", "i32");
  const reduced = resolve(axes, x.shape.length);
  const shape = x.shape.flatMap((n, i) => (reduced.has(i) ? (keepDims ? [1] : []) : [n]));
  return { dtype: x.dtype, shape };
}

/** Folds `x` over the reduced axes, from `start`. */
export function reduce(
  x: RefTensor,
  { axes }: Reduction,
  start: number,
  f: (acc: number, v: number) => number,
): Float64Array {
  const { shape } = x.type;
  const reduced = resolve(axes, shape.length);
  const kept = shape.map((n, i) => (reduced.has(i) ? 1 : n));
  const steps = strides(kept).map((step, i) => (reduced.has(i) ? 0 : step));
  const out = new Float64Array(numel(kept)).fill(start);
  x.data.forEach((v, i) => {
    const at = offset(i, shape, steps);
    out[at] = f(out[at] as number, v);
  });
  return out;
}

/** `shape` with every reduced axis at size 1. */
export function keptShape(shape: readonly number[], { axes }: Pick<Reduction, "axes">): number[] {
  const reduced = resolve(axes, shape.length);
  return shape.map((n, i) => (reduced.has(i) ? 1 : n));
}

function resolve(axes: readonly number[], rank: number): Set<number> {
  const resolved = new Set(axes.map((axis) => normalizeAxis(axis, rank)));
  if (resolved.size !== axes.length) throw new CambiumError("E_AXIS", "an axis is named twice", { got: `[${axes}]` });
  return resolved;
}
