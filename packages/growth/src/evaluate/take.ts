// Slices along an axis, with repeats, gaps of zeros and factors.
import type { Take } from "../expr/expr.js";
import { isExpr } from "../expr/walk.js";
import { type Compile, dimensionOf, rowLength, type Scope, type Value } from "./value.js";

/** Rows read at once although only some are wanted, as a multiple of the wanted: one long read beats many short ones. */
const overRead = 4;

export const compileTake: Compile<Take> = (expr, scope, hint) => {
  const of = scope.compile(expr.of, scope, hint);
  const dimension = of && dimensionOf(of, expr.axis, scope);
  if (!of || !dimension) return undefined;
  const { at, unit } = dimension;
  const size = (of.shape[at] as number) / unit;
  const outside = expr.indices.find((index) => index < -1 || index >= size || !Number.isInteger(index));
  if (outside !== undefined) {
    scope.complain({
      message: `index out of range on axis "${expr.axis}"`,
      expected: `-1 to ${size - 1}`,
      got: `${outside}`,
    });
    return undefined;
  }
  const indices = spread(expr.indices, unit, (index, i) => (index < 0 ? -1 : index * unit + i));
  const shape = of.shape.with(at, indices.length);
  const taken: Value = {
    shape,
    labels: of.labels,
    rows: at === 0 ? takeRows(of, indices) : takeInner(of, at, indices),
  };
  return scaled(taken, expr, at, unit, scope);
};

/** One entry per row of the dimension instead of one per index. */
function spread(list: readonly number[], unit: number, entry: (item: number, i: number) => number): Float64Array {
  return Float64Array.from({ length: list.length * unit }, (_, i) =>
    entry(list[Math.floor(i / unit)] as number, i % unit),
  );
}

function takeRows(of: Value, indices: Float64Array): Value["rows"] {
  const width = rowLength(of.shape);
  return async (start, end) => {
    const out = new Float64Array((end - start) * width);
    const wanted = indices.subarray(start, end);
    const present = wanted.filter((index) => index >= 0);
    if (present.length === 0) return out;
    const low = present.reduce((a, b) => Math.min(a, b));
    const high = present.reduce((a, b) => Math.max(a, b)) + 1;
    if (high - low <= overRead * wanted.length) {
      const rows = await of.rows(low, high);
      wanted.forEach((index, i) => {
        if (index >= 0) out.set(rows.subarray((index - low) * width, (index - low + 1) * width), i * width);
      });
      return out;
    }
    for (let i = 0; i < wanted.length; ) {
      const first = wanted[i] as number;
      let run = 1;
      while (first >= 0 && wanted[i + run] === first + run) run++;
      if (first >= 0) out.set(await of.rows(first, first + run), i * width);
      i += run;
    }
    return out;
  };
}

/** Along a dimension behind the first: every row is gathered from the same row of `of`. */
function takeInner(of: Value, at: number, indices: Float64Array): Value["rows"] {
  const inner = rowLength(of.shape.slice(at));
  const size = of.shape[at] as number;
  return async (start, end) => {
    const rows = await of.rows(start, end);
    const outer = rows.length / (size * inner);
    const out = new Float64Array(outer * indices.length * inner);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < indices.length; i++) {
        const index = indices[i] as number;
        if (index < 0) continue;
        const from = (o * size + index) * inner;
        const to = (o * indices.length + i) * inner;
        for (let k = 0; k < inner; k++) out[to + k] = rows[from + k] as number;
      }
    }
    return out;
  };
}

function scaled(
  value: Value,
  { scale, indices, axis }: Take,
  at: number,
  unit: number,
  scope: Scope,
): Value | undefined {
  if (scale === undefined) return value;
  const { power } = scope;
  const inner = rowLength(value.shape.slice(at));
  const size = value.shape[at] as number;
  if (isExpr(scale)) {
    const mode = scope.mode === "value" ? "value" : "coefficient";
    const factors = scope.compile(scale, { ...scope, mode, power: 1 }, value.labels);
    if (!factors) return undefined;
    if (`${factors.shape}` !== `${value.shape}`) {
      scope.complain({
        message: "a factor per element does not fit the take",
        expected: `[${value.shape}]`,
        got: `[${factors.shape}]`,
      });
      return undefined;
    }
    return { ...value, rows: times(value, async (start, end) => factors.rows(start, end), power) };
  }
  if (typeof scale === "number") return { ...value, rows: times(value, () => scale, power) };
  if (scale.length !== indices.length) {
    scope.complain({
      message: `factors do not match the indices of axis "${axis}"`,
      expected: `${indices.length}`,
      got: `${scale.length}`,
    });
    return undefined;
  }
  const factors = spread(scale, unit, (factor) => factor);
  const width = rowLength(value.shape);
  // Loops: `from` with a function goes by a list of boxed numbers.
  const ofRows = (start: number, end: number) => {
    const out = new Float64Array((end - start) * width);
    for (let i = 0; i < out.length; i++) {
      const flat = at === 0 ? start + Math.floor(i / width) : Math.floor(i / inner) % size;
      out[i] = factors[flat] as number;
    }
    return out;
  };
  return { ...value, rows: times(value, ofRows, power) };
}

type Factors = (start: number, end: number) => number | Float64Array | Promise<Float64Array>;

function times(value: Value, factors: Factors, power: 1 | 2): Value["rows"] {
  return async (start, end) => {
    const rows = await value.rows(start, end);
    const by = await factors(start, end);
    for (let i = 0; i < rows.length; i++) {
      const factor = typeof by === "number" ? by : (by[i] as number);
      rows[i] = (rows[i] as number) * (power === 1 ? factor : factor ** power);
    }
    return rows;
  };
}
