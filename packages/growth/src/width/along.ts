// Growth by matrices: what a tensor gains along each axis is a matrix times its old entries, what a layer gains is a sum
// of all layers.
import type { ModelSpec, ParameterSpec } from "@cambium/model";
import { constant, copy, matmul, sum, take } from "../expr/build.js";
import type { Expr } from "../expr/expr.js";
import { entrywise, matrixAlong, repeatedColumn, unitRows, unitsAlong } from "../expr/products.js";
import { headOrder } from "../operator/heads.js";
import { sizesError } from "../operator/sizes.js";
import type { WidthGrowth, WidthSizes } from "../operator/width.js";
import { type WidthAxis, widthAxes } from "../operator/width-axes.js";
import { counterparts, tensorsOf } from "../plan/tensors.js";

/** A matrix that is asked for: [after, before], for one axis of a tensor. */
export interface AxisMatrix {
  readonly axis: WidthAxis;
  /** Whether the axis counts heads. */
  readonly ofHeads: boolean;
  readonly role: ParameterSpec["axes"][number]["role"];
  /** For each row the old entry that already stands there; -1 where the entry is new. */
  readonly old: readonly number[];
  readonly columns: number;
}

/** A growth in which every target tensor is a linear function of the base's of its kind. */
export interface LinearGrowth {
  /** For each target layer the base layer that it starts as. */
  readonly starts: readonly number[];
  /**
   * Whether matrices of heads have a row for each head, which rotary embeddings need, rather than one for each of its
   * rows.
   */
  readonly wholeHeads: boolean;
  /** [target layers, base layers]: how much of each base layer is added to the start, for a kind of tensor. */
  mixture(spec: ParameterSpec): Expr;
  /** What is added to the entries that stay in place, along one axis that grows. */
  matrix(spec: ParameterSpec, asked: AxisMatrix): Expr;
}

/**
 * Every tensor of the target. Without mixtures and matrices that differ from 0, old entries are the start's, new ones 0.
 * @throws CambiumError `E_GROWTH_SIZES` for a base without layers that is to get some.
 */
export function linearTensors(
  { base, target, from, to }: WidthGrowth & { readonly target: ModelSpec },
  { starts, wholeHeads, mixture, matrix }: LinearGrowth,
): Readonly<Record<string, Expr>> {
  if (from.layers === 0 && to.layers > 0) {
    const hint = "start the recipe with layers: 1, or use random-masked, which makes new layers";
    throw sizesError("a model without layers has none to mix", { expected: "at least 1 layer", got: "0", hint });
  }
  const sourceOf = counterparts(base);
  return tensorsOf(target, (spec) => {
    const own = (layer: number | undefined) => sourceOf(spec, layer) as ParameterSpec;
    const start = own(spec.layer === undefined ? undefined : starts[spec.layer]);
    const mixed = spec.layer !== undefined && from.layers !== to.layers;
    const all = mixed ? Array.from({ length: from.layers }, (_, j) => own(j)) : [];
    const value = mixed ? mixedLayers(start, all, take(mixture(spec), 0, [spec.layer])) : copy(start.name);
    const along = { wholeHeads, matrix: (asked: AxisMatrix) => matrix(spec, asked) };
    return grownAlong({ value, shape: start.shape }, spec, { from, to }, along);
  });
}

/**
 * `of`, in `shape`, grown along every axis of `spec`: old entries stay, query heads with their key/value heads, and
 * `matrix` times the old entries is added.
 */
function grownAlong(
  of: { readonly value: Expr; readonly shape: readonly number[] },
  { axes }: ParameterSpec,
  { from, to }: { readonly from: WidthSizes; readonly to: WidthSizes },
  { wholeHeads, matrix }: { readonly wholeHeads: boolean; matrix(asked: AxisMatrix): Expr },
): Expr {
  let { value, shape } = of;
  for (const [at, { axis: named, unit, role }] of axes.entries()) {
    const axis = widthAxes.find((one) => one === named);
    if (!axis || from[axis] === to[axis]) continue;
    const ofHeads = axis === "heads" || axis === "kvHeads";
    const order = axis === "heads" ? headOrder(from, to) : Array.from({ length: to[axis] }, (_, t) => t);
    const old = order.map((index) => (index < from[axis] ? index : -1));
    const whole = ofHeads && wholeHeads;
    const rows = whole ? 1 : unit;
    const by = matrix({
      ...{ axis, ofHeads, role },
      old: old.flatMap((index) => Array<number>(rows).fill(index)),
      columns: rows * from[axis],
    });
    const added = whole
      ? unitsAlong(by, value, { size: [to[axis], from[axis]], unit, at, shape })
      : matrixAlong(by, value, at);
    value = sum([take(value, at, unitRows(old, unit)), added]);
    shape = shape.with(at, to[axis] * unit);
  }
  return value;
}

/** W_start + Σ_j d[j] W_j over tensors of one shape, one from each layer of the base; `mixture` is the row d. */
function mixedLayers(start: ParameterSpec, layers: readonly ParameterSpec[], mixture: Expr): Expr {
  const terms = layers.map(({ name, shape }, j) => {
    const factor = matmul(constant([shape[0] as number, 1], 1), take(mixture, 1, [j]));
    return entrywise(copy(name), repeatedColumn(factor, shape), shape);
  });
  return sum([copy(start.name), ...terms]);
}
