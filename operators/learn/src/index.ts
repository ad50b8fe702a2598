// G_learn: the target is a linear function of the base, and the function is fitted.
import {
  constant,
  copy,
  type Expr,
  entrywise,
  fit,
  type Given,
  given,
  headObjections,
  headOrder,
  matmul,
  matrixAlong,
  normal,
  planTables,
  repeatedColumn,
  sum,
  take,
  unitRows,
  unitsAlong,
  type WidthSizes,
  widthAxes,
  widthOperator,
  zeros,
} from "@cambium/growth";
import type { ParameterSpec } from "@cambium/model";
import * as z from "zod";
import { version } from "../package.json";

type Shape = readonly number[];

const options = {
  fitSteps: z.int().positive().default(100).describe("steps of the fit"),
  fitLr: z.number().positive().default(1e-3).describe("its learning rate"),
  init: z.enum(["stack", "interpolation"]).default("stack").describe("which base layer each target layer starts as"),
  ropeSafe: z
    .boolean()
    .default(true)
    .describe("mix heads whole; false mixes within them, which rotary embeddings do not allow"),
  sides: z.enum(["one", "two"]).default("one").describe("one matrix for what writes an axis and what reads it, or two"),
  seed: z.string().default("learn").describe("names the random numbers"),
};
type Options = z.output<z.ZodObject<typeof options>>;

/**
 * LiGO (Wang et al. 2023), G_learn of "Stacking Your Transformers" (Du et al. 2024, section 3.1): W' of target layer t
 * is B (Σ_j D[t, j] W_j) Aᵀ, with a width matrix for each axis, shared by all layers, and a depth matrix for each kind
 * of weight. The fit is of their difference from their start: B = [I; N(0, 1/rows)], D a stack. The fit lowers the
 * grown model's loss with the base's weights fixed; then the model trains as any other.
 *
 * Options: sizes `hidden`, `heads`, `kvHeads`, `intermediate`, `layers`, or one `factor` for all widths (default 2);
 * `fitSteps` (default 100), `fitLr`, `init`, `ropeSafe` (default true), `sides`, `seed`.
 *
 * @throws CambiumError `E_GROWTH_SIZES` when a size shrinks or is not whole, or an old key/value head would lose query
 * heads.
 * @example
 * import learn from "@cambium/operator-learn";
 * learn.plan(base, { layers: 2 * layers, hidden: 2 * hidden });
 */
export default widthOperator({
  name: "learn",
  version,
  summary: "G_learn: the target as a fitted linear function of the base (LiGO, Wang et al. 2023)",
  options,
  layers: true,
  objections: headObjections,
  plan: ({ base, target, from, to }, chosen) => {
    const tables = planTables({ base, target });
    const sources = new Map(tables.base.map((spec) => [`${spec.layer}/${spec.part ?? spec.name}`, spec]));
    const tensors = tables.target.map((spec): [string, Expr] => {
      const own = (layer: number | undefined) => sources.get(`${layer}/${spec.part ?? spec.name}`) as ParameterSpec;
      const mixed = spec.layer === undefined ? copy(spec.name) : mixture(spec, own, from.layers, to.layers, chosen);
      const { shape } = own(spec.layer && 0);
      return [spec.name, widened(mixed, shape, spec, { from, to, chosen })];
    });
    return { tensors: Object.fromEntries(tensors) };
  },
});

/** W_i + Σ_j D[t, j] W_j, D being what the fit adds to the layer i that target layer t starts as. */
function mixture(
  { layer = 0, part = "" }: ParameterSpec,
  own: (layer: number) => ParameterSpec,
  base: number,
  target: number,
  { fitSteps: steps, fitLr: lr, init }: Options,
): Expr {
  const start = init === "stack" ? layer % base : Math.floor((layer * base) / target);
  if (base === target) return copy(own(start).name);
  const depth = given(`depth ${part}`, [target, base], fit(zeros([target, base]), { steps, lr }));
  const terms = Array.from({ length: base }, (_, j) => {
    const { name, shape } = own(j);
    const [rows = 1] = shape;
    const share = matmul(constant([rows, 1], 1), take(take(depth, 0, [layer]), 1, [j]));
    return entrywise(copy(name), repeatedColumn(share, shape), shape);
  });
  return sum([copy(own(start).name), ...terms]);
}

interface Widening {
  readonly from: WidthSizes;
  readonly to: WidthSizes;
  readonly chosen: Options;
}

/** `of` with every axis that grows as its old entries, and a fitted matrix times these. */
function widened(of: Expr, before: Shape, { axes, part = "" }: ParameterSpec, { from, to, chosen }: Widening): Expr {
  let [value, shape] = [of, before];
  for (const [at, { axis: named, unit, role }] of axes.entries()) {
    const axis = widthAxes.find((one) => one === named);
    if (!axis || from[axis] === to[axis]) continue;
    const heads = axis === "heads" || axis === "kvHeads";
    const order = axis === "heads" ? headOrder(from, to) : Array.from({ length: to[axis] }, (_, t) => t);
    const old = order.map((index) => (index < from[axis] ? index : -1));
    const wide = shape.with(at, to[axis] * unit);
    const place = heads ? part.replace(/\.(weight|bias)$/, "") : axis;
    const name = chosen.sides === "two" && role === "in" && !heads ? `${place}, read` : place;
    const whole = !heads || !chosen.ropeSafe;
    const by = matrix(
      name,
      whole ? old.flatMap((index) => Array<number>(unit).fill(index)) : old,
      (whole ? unit : 1) * from[axis],
      chosen,
    );
    const size = [by.shape[0], by.shape[1]] as [number, number];
    const added = whole ? matrixAlong(by, value, at) : unitsAlong(by, value, { size, unit, at, shape });
    [value, shape] = [sum([take(value, at, unitRows(old, unit)), added]), wide];
  }
  return value;
}

/** What the fit adds to [I; 0]: nothing to old rows at first, normal numbers to new ones. */
function matrix(
  name: string,
  old: readonly number[],
  columns: number,
  { fitSteps: steps, fitLr: lr, seed }: Options,
): Given {
  const shape = [old.length, columns];
  const random = normal(shape, 1 / Math.sqrt(old.length), `${seed}/${name}`);
  const fresh = old.map((index, t) => (index < 0 ? t : -1));
  return given(`width ${name}`, shape, fit(take(random, 0, fresh), { steps, lr }));
}
